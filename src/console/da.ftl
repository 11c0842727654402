# The console's texts in Danish. Short literal sentences, one word for one thing: disk, mærkat, plan, slette.

step = Trin { $n } af { $all }
technical = teknisk: { $text }
page = Side { $n } af { $all }. Se de andre sider med PgDn og PgUp.

# The keys' line: what each key does.
act-next = Videre
act-yes = Ja
act-back = Tilbage
act-help = Hjælp
act-language = English
act-pause = Pause
act-page = Side
act-result = Disk
act-no-label = Ingen mærkat
act-code = Kode
act-close = Luk
act-stop = Stop
act-off = Sluk
act-leave = Afslut
act-give-up = Opgiv
act-look = Se efter igen
act-answer = Svar

# Answers.
way-look = Se efter igen
way-thaw = Lad computeren sove
way-each = Spørg om hver disk
way-resume = Gå videre med sletningen
way-start-over = Begynd forfra
way-pass = Fortsæt uden
answer-colleague = Spørg en kollega

# States.
state-waiting = VENTER
state-working = SLETTER
state-needs-you = BRUG FOR DIG
state-passed = SLETTET
state-failed = IKKE SLETTET
state-unproven = IKKE BEVIST
state-unsigned = IKKE UNDERSKREVET
state-stopped = AFBRUDT
state-incomplete = IKKE FÆRDIG

# What is what.
machine = Computer: { $name }
machine-serial = Serienummer: { $serial }
station = Plads: { $name }
unknown = ukendt
drive = { $model }, { $size }
drive-place = Serienummer { $serial }, { $path }
keeping-folder = Resultatet bliver gemt i { $path }
keeping-stick = Resultatet bliver gemt på nulstil-nøglen.
signing-open = Underskrives af { $name }
signing-later = Intet bliver underskrevet her. Kontoret underskriver senere.
clock-today = kl. { $time }
clock-day = d. { $day }/{ $month } kl. { $time }
percent = { $n } %
size-b = { $n } B
size-kb = { $n } kB
size-mb = { $n } MB
size-gb = { $n } GB
size-tb = { $n } TB
size-pb = { $n } PB

# Waiting.
connecting-title = Maskinen starter
connecting-body = Vent. Du skal ikke gøre noget.
lost-title = Skærmen mangler forbindelse
lost-body = Hvis en sletning er i gang, fortsætter den.
lost-next = Skærmen prøver selv igen. Du skal ikke gøre noget.
looking-title = Computeren bliver undersøgt
looking-body = Vent. Du skal ikke gøre noget.
planning-title = Planen bliver lavet
planning-body = Vent. Der bliver ikke slettet noget endnu.
beginning-title = Sletningen begynder
beginning-body = Vent. Du har svaret ja til planen.
job-title = Computeren følger et job
job-body = Et underskrevet job siger, hvad der skal slettes. Ingen bliver spurgt.
job-next = Du skal ikke gøre noget.
off-title = Computeren slukker
off-again-title = Computeren starter igen
off-body = Du skal ikke gøre noget.

# The label.
start-title = Scan mærkaten på computeren
start-erased = { $n ->
    [one] Denne disk bliver slettet:
   *[other] Disse { $n } diske bliver slettet:
}
start-kept = Bliver ikke slettet:
start-field = Mærkat:
start-scan-is-yes = { $n ->
    [one] Når du scanner mærkaten, begynder sletningen af 1 disk.
   *[other] Når du scanner mærkaten, begynder sletningen af { $n } diske.
}
start-later = Scan, eller skriv nummeret og tryk Enter. Der bliver ikke slettet noget endnu.
kept-because = Fordi: { $why }
kept-not-chosen = Den er ikke valgt.
kept-done = Den har fået sit resultat.
remark-clock = Computerens ur siger { $time }. Det kan være forkert: { $why }.
remark-no-configuration = Der er ingen nulstil.toml på nøglen. Reglerne er dem, programmet har selv.
remark-too-many-journals = Der ligger så mange uafsluttede sletninger på nøglen, at kun de nyeste er læst.
remark-begun-anew = Programmet blev startet igen. En sletning, der var i gang, blev afbrudt.
confirm-title = Er nummeret rigtigt?
confirm-body = Læs nummeret på mærkaten. Er det det samme som her?
confirm-yes = Ja. Det er det samme
confirm-no = Nej. Scan eller skriv igen

# One drive at a time.
ask-title = Skal denne disk slettes?
ask-each = Disk { $n } af { $all }
ask-yes = Ja, slet denne disk
ask-no = Nej, slet den ikke
ask-after = Der bliver ikke slettet noget endnu. Planen kommer bagefter.
colleague-title = Vent på din kollega
colleague-body = Hent en kollega. Computeren venter. Der bliver ikke slettet noget.
colleague-next = Når I er enige, tryk Enter. Så kommer spørgsmålet igen.
nothing-title = Ingen disk kan slettes
nothing-body = Der er ingen disk i computeren, som kan slettes her. Tryk Enter for at se efter igen, eller sæt computeren til side.
all-done-title = Alle diske har fået deres resultat
all-done-body = Du kan slukke computeren. Har du sat en anden disk i, så tryk Enter for at se efter igen.
none-title = Ingen disk er valgt
none-body = Du har svaret nej til alle diske. Der bliver ikke slettet noget.
none-next = Tryk Enter for at svare igen.
changed-title = Planen er ændret
changed-body = Diskene eller planen er ikke længere de samme. Dine svar om diskene gælder ikke mere.
changed-next = Se den nye plan

# The plan.
plan-title = Læs planen. Skal diskene slettes?
plan-label = Mærkat: { $tag }
plan-no-label = Mærkat: ingen
plan-how = Sådan: { $how }
how-overwrite = computeren overskriver hele disken
how-erase = disken sletter sig selv
how-key = disken ødelægger sin nøgle
plan-method = Metode: { $method }
plan-why = Alt på disken forsvinder. Det kan ikke fortrydes.
plan-yes = { $n ->
    [one] Ja, slet 1 disk
   *[other] Ja, slet { $n } diske
}

# The work.
working-title = Diskene bliver slettet
working-stopping = Sletningen bliver stoppet
working-body = Du skal ikke gøre noget. Tag ikke strømmen fra computeren.
working-memory = Sletningen fortsætter. Går strømmen nu, skal der begyndes forfra.
working-stopping-body = Vent. Diskene bliver skrevet op som afbrudt.
working-drive = { $state } { $percent } Færdig ca. { $clock }
working-drive-open = { $state } { $percent }
working-done = FÆRDIG. Resultatet kommer, når alle diske er færdige.
phase-firmware = Disken sletter sig selv
phase-write = Skriver, gang { $pass } af { $passes }
phase-verify = Læser efter, om alt er slettet
phase-inspect = Læser disken
phase-none = Venter på sin tur
working-troubles = { $n ->
    [one] 1 fejl på disken blev prøvet igen
   *[other] { $n } fejl på disken blev prøvet igen
}

# Results.
result-erased = Disken er slettet. Det står i et underskrevet certifikat.
result-unsigned = Sletningen er optaget, men IKKE UNDERSKREVET. Kontoret skal underskrive, før det gælder.
result-failed = Disken er ikke slettet. Læg computeren til side, og hent en kollega.
result-unproven = Det er ikke bevist, at disken er slettet. Læg computeren til side, og hent en kollega.
result-stopped = Sletningen blev stoppet. Disken er ikke slettet.
result-refused = Disken blev ikke rørt. Den er ikke slettet.
result-blank = Disken var tom, da den blev læst. Den er ikke slettet af os.
result-destroy = Disken kan ikke slettes. Den skal ødelægges.
result-certificate = Certifikat: { $id }
result-file = Gemt som: { $file }
result-waits = Resultatet ligger kun i computerens hukommelse.
result-next = Når du har set resultatet, tryk Enter.
machine-title = Computerens resultat
machine-count = { $done } af { $all } diske er slettet.
machine-lacks = Computeren er ikke færdig.
verdict-title = Diskens resultat
verdict-of = Resultat for disk { $n } af { $all }
result-label = Mærkat: { $tag }
code-title = Kode til certifikatet
code-full = Koden indeholder certifikatets indhold og underskrift.
code-small = Koden viser kun, hvilket certifikat det er. Den er ikke et bevis.
code-no-room = Skærmen er for lille til hele koden. Den står i certifikatets PDF.
code-none = Skærmen er for lille til en kode.
keep-title = Sæt nulstil-nøglen i
keep-body = { $n ->
    [one] 1 fil med resultater ligger kun i computerens hukommelse. Sluk ikke computeren.
   *[other] { $n } filer med resultater ligger kun i computerens hukommelse. Sluk ikke computeren.
}
keep-next = Sæt nøglen i, og tryk Enter.
failed-title = Arbejdet kunne ikke udføres
failed-body = Der er ikke noget bevis for, at noget er slettet.
failed-next = Tryk Enter for at se efter igen, eller hent en kollega.

# Signing in.
sign-in-title = Lås nøglen op
sign-in-body = Scan dit kort, eller skriv adgangskoden, og tryk Enter.
sign-in-hidden = Det, du skriver, bliver ikke vist.

# Needs you: one reason, one act.
configuration-title = Indstillingerne kan ikke læses
configuration-body = Filen nulstil.toml på nøglen har en fejl.
configuration-act = Ret filen på en anden computer, sæt nøglen i, og tryk Enter.
stick-title = Nøglen kan ikke bruges
stick-act = Tryk Enter, når det er gjort.
key-title = Computeren kan ikke underskrive
key-body = Pladsens nøgle kan ikke bruges.
key-act = Hent din leder. Tryk Enter, når det er rettet.
no-drive-title = Der er ingen disk
no-drive-body = Computeren viser ingen disk.
no-drive-act = Se, om der sidder en disk i computeren. Tryk Enter for at se efter igen, eller sæt computeren til side.
hidden-title = Der kan være skjulte diske
hidden-body = Computeren kan have diske, som ikke kan ses her.
hidden-act = Hent en kollega, og skift indstillingen i computerens BIOS. Hvis du fortsætter uden, bliver computeren ikke meldt færdig.
more-title = Der er flere diske end ventet
more-body = Der er { $seen } diske. Der var ventet { $expected }.
more-act = Se på diskene, og svar for hver.
frozen-title = Disken er låst af computerens start
frozen-body = Computeren skal sove kort, før disken kan slette sig selv.
frozen-act = Skærmen bliver sort i nogle sekunder. Så tænder den igen.
locked-title = Disken er låst
locked-body = Disken er låst med en kode.
locked-act = Hent din leder.
refused-title = En disk kan ikke slettes her
refused-act = Gør det, der står, og se efter igen, eller fortsæt uden denne disk.
unfinished-title = En sletning blev afbrudt
unfinished-body = Sletningen af denne computer blev ikke færdig.
unfinished-drive = Disk { $serial }, begyndt { $clock }
unfinished-act = Gå videre, eller begynd forfra med en ny plan.

# Why a drive is not erased.
refusal-not-found = Disken er der ikke.
refusal-not-a-drive = Det er ikke en hel disk.
refusal-partition = Det er kun en del af en disk.
refusal-boot-medium = Computeren kører fra den.
refusal-mounted = Den er i brug.
refusal-swap = Den er i brug som hukommelse.
refusal-held = Den er i brug sammen med andre diske.
refusal-busy = Den er i brug.
refusal-read-only = Den kan ikke skrives.
refusal-no-medium = Den viser ingen størrelse. Den kan være i stykker.
refusal-empty-slot = Der er intet i den.
refusal-too-small = Den er for lille til at være en disk.
refusal-zoned = Den type disk kan ikke slettes her.
refusal-virtual = Det er ikke en rigtig disk.
refusal-duplicate = Det er den samme disk to gange.
refusal-permission = Programmet må ikke åbne den.
refusal-replaced = Det er en anden disk end i planen.
refusal-holds-output = Resultater eller nøgler ligger på den.
refusal-method-unavailable = Den kan ikke slettes med den metode, der er bestilt.
refusal-hidden-area = Den skjuler plads, som ikke kan nås her.
refusal-locked = Den er låst med en kode.
refusal-policy = Reglerne for pladsen forbyder det.
refusal-unreadable = Den kunne ikke undersøges.

# A second key.
sure-stop-title = Vil du stoppe sletningen?
sure-stop-body = Diskene, der ikke er færdige, bliver skrevet op som AFBRUDT. De er ikke slettet.
sure-stop-yes = Ja, stop sletningen
sure-resume-title = Vil du gå videre med sletningen?
sure-resume-body = Det, der er på diskene, bliver slettet.
sure-resume-yes = Ja, gå videre
sure-start-over-title = Vil du begynde forfra?
sure-start-over-body = Den gamle sletning bliver stående som ikke færdig. En ny plan bliver lavet.
sure-start-over-yes = Ja, begynd forfra
sure-give-up-title = Vil du opgive resultaterne?
sure-give-up-body = Resultater, der ikke er på nøglen, går tabt. Så er der intet bevis, og diskene skal slettes igen.
sure-give-up-yes = Ja, opgiv resultaterne
sure-off-title = Vil du slukke computeren?
sure-off-body = Der er ingen sletning i gang.
sure-off-yes = Ja, sluk
sure-leave-title = Vil du lukke dette program?
sure-leave-body = Hvis en sletning er i gang, fortsætter den.
sure-leave-yes = Ja, luk
sure-no = Nej

# Over the screen.
pause-title = Pause
pause-body = Intet er stoppet. Hvis en sletning er i gang, fortsætter den.
pause-next = Tryk Esc, når du vil se skærmen igen.
help-title = Hjælp
help-keys = Tasterne er de samme på alle skærme:
help-enter = Enter: videre, eller ja, når der kun er ét at gøre
help-answers = 1, 2, 3: svar
help-back = Backspace: et trin tilbage
help-help = F1: denne hjælp
help-language = F9: dansk eller engelsk
help-pause = Esc: pause. Det stopper ikke en sletning
help-f10 = F10: stop eller sluk. Du bliver spurgt igen
help-this = Skærmen, du kom fra: { $title }
help-person = Hvis du er i tvivl, så hent en kollega. Computeren venter.

# Sentences about the last key.
notice-stray = Scanningen blev ikke brugt. Her skal der ikke scannes.
notice-length = En mærkat har 2 til 24 tegn. Scan igen, eller skriv nummeret.
notice-character = En mærkat har kun tal, bogstaverne A til Z, bindestreg og punktum. Scan igen, eller skriv nummeret.
notice-check = Nummeret blev læst forkert. Scan igen.
notice-declined = Det blev ikke gjort. Hent en kollega, hvis det sker igen.
notice-unread = Planen har flere sider. Tryk PgDn, til du har set dem alle.
notice-working = Det blev ikke gjort, for diskene bliver slettet nu. Vent.
notice-looking = Det blev ikke gjort, for computeren bliver undersøgt nu. Vent, og prøv igen.
notice-idle = Der er ikke nogen sletning i gang.
notice-changed = Det blev ikke gjort, for diskene eller planen er ikke de samme som før.
notice-secret = Koden passer ikke. Scan dit kort igen, eller skriv koden igen.
notice-unkept = Det blev ikke gjort, for resultater ligger kun i computerens hukommelse.
