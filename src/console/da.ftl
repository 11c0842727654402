# The console's texts in Danish. Short literal sentences, one word for one thing: disk, mærkat, plan, slette.

step = Trin { $n } af { $all }
technical = teknisk: { $text }
page = Side { $n } af { $all }. Se de andre sider med PgDn og PgUp.
plain-keys = Skriv tastens navn, for eksempel f1 eller backspace, og tryk Enter.

# The keys' line: what each key does.
act-next = Videre
act-next-page = Næste side
act-yes = Ja
act-back = Tilbage
act-help = Hjælp
act-language = English
act-pause = Pause
act-page = Side
act-result = Disk
act-no-label = Ingen mærkat
act-code = QR-kode
act-close = Luk
act-stop = Stop
act-off = Sluk
act-restart = Genstart
act-leave = Afslut
act-look = Se efter igen
act-answer = Svar

# Answers.
way-look = Se efter igen
way-thaw = Lad computeren gå i dvale
way-each = Spørg om hver disk
way-resume = Gå videre med sletningen
way-start-over = Begynd forfra
way-pass-frozen = Fortsæt uden at lade computeren gå i dvale
way-pass-hidden = Fortsæt uden de skjulte diske
way-pass-failing = Fortsæt
way-pass-drive = Fortsæt uden denne disk
way-unsaved = Fortsæt uden at gemme
answer-colleague = Spørg en kollega

# States.
state-waiting = VENTER
state-working = SLETTER
state-stopping = STOPPER
state-needs-you = BRUG FOR DIG
state-passed = SLETTET
state-failed = IKKE SLETTET
state-unproven = IKKE BEVIST
state-unsigned = IKKE GYLDIG
state-stopped = STOPPET
state-incomplete = IKKE FÆRDIG

# What is what.
machine = Computer: { $name }
machine-serial = Serienummer: { $serial }
station = Arbejdsplads: { $name }
unknown = ukendt
drive = { $model }, { $size }
drive-place = Serienummer { $serial }, { $path }
keeping-folder = Resultatet bliver gemt i { $path }
keeping-stick = Resultatet bliver gemt på nulstil-stikket.
signing-open = Underskrives af { $name }
signing-later = Intet bliver underskrevet her. Kontoret underskriver senere.
clock-today = kl. { $time }
clock-day = d. { $day }/{ $month } kl. { $time }
date = { $day }. { $month ->
    [1] januar
    [2] februar
    [3] marts
    [4] april
    [5] maj
    [6] juni
    [7] juli
    [8] august
    [9] september
    [10] oktober
    [11] november
   *[other] december
} { $year } kl. { $time }
percent = { $n } %
size-b = { $n } B
size-kb = { $n } kB
size-mb = { $n } MB
size-gb = { $n } GB
size-tb = { $n } TB
size-pb = { $n } PB

# Waiting.
connecting-title = Computeren starter
connecting-body = Vent. Du skal ikke gøre noget.
lost-title = Skærmen mangler forbindelse
lost-body = Skærmen ved ikke, om en sletning er i gang. Sluk ikke computeren.
lost-next = Skærmen prøver selv igen. Hent en kollega, hvis billedet ikke ændrer sig.
wait-long = Det har varet mere end 3 minutter. Hent en kollega.
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
start-may = { $n ->
    [one] Denne disk kan slettes:
   *[other] Disse { $n } diske kan slettes:
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
remark-clock = Computerens ur viser { $time }. Det kan være forkert: { $why }.
doubt-build = det er før dette program blev lavet, { $time }
doubt-newest = det er før det nyeste resultat på nulstil-stikket, { $time }
doubt-late = det er mere end 10 år efter { $time }, som er det nyeste kendte tidspunkt
doubt-none = computeren har intet eget ur
remark-no-configuration = Der er ingen nulstil.toml på nulstil-stikket. Reglerne er dem, programmet har selv.
remark-too-many-journals = Der er så mange uafsluttede sletninger på nulstil-stikket, at kun de nyeste er læst.
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
how-key = disken ødelægger sin krypteringsnøgle
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
working-memory = Sletningen fortsætter. Hvis strømmen forsvinder nu, skal der begyndes forfra.
working-stopping-body = Vent. De diske, der ikke er færdige, bliver registreret som stoppet.
working-drive = { $state } { $percent } Færdig ca. { $clock }
working-drive-open = { $state } { $percent }
working-number = Disk { $n }: { $state }
working-clock = Computerens ur viser { $clock }.
working-done = FÆRDIG. Resultatet kommer, når alle diske er færdige.
phase-firmware = Disken sletter sig selv
phase-write = Skriver, gang { $pass } af { $passes }
phase-verify = Læser disken for at se, om alt er slettet
phase-inspect = Læser disken
phase-none = Venter på sin tur
working-troubles = Disken gav { $n } fejl. Programmet prøver igen.

# Results.
result-erased = Disken er slettet. Det står i et underskrevet certifikat.
result-unsigned = Sletningen er registreret, men der mangler en underskrift. Kontoret underskriver senere.
result-failed = Disken er ikke slettet. Sæt computeren til side, og hent en kollega.
result-unproven = Det er ikke bevist, at disken er slettet. Sæt computeren til side, og hent en kollega.
result-stopped = Sletningen blev stoppet. Disken er ikke slettet.
result-refused = Programmet skrev ikke på disken. Den er ikke slettet.
result-blank = Disken var tom, da den blev læst. Den er ikke slettet af os.
result-destroy = Disken kan ikke slettes. Den skal ødelægges.
result-certificate = Certifikat: { $id }
result-file = Gemt som: { $file }
result-file-later = Skal gemmes som: { $file }
result-waits = Resultatet ligger kun i computerens hukommelse.
result-next = Når du har set resultatet, tryk Enter.
result-off = Tryk Enter for at slukke computeren.
result-restart = Tryk Enter for at genstarte computeren.
machine-title = Computerens resultat
machine-count = { $done } af { $all } diske i planen er slettet.
machine-lacks = Computeren er ikke færdig.
lack-drive = En disk
lack-serial = { $path } (serienummer { $serial })
lack-hidden = Der kan være diske, som ikke kan ses.
lack-none = Programmet så ingen af computerens diske.
lack-certificate = { $drive } har intet certifikat.
lack-not-erased = { $drive } er ikke slettet.
lack-unproven = Det er ikke bevist, at { $drive } er slettet.
lack-stopped = { $drive } blev ikke slettet helt.
lack-blank = { $drive } var tom, da den blev læst. Den er ikke slettet.
lack-not-blank = { $drive } er ikke tom. Den er ikke slettet.
lack-destroy = { $drive } er ikke slettet. Den skal ødelægges.
verdict-title = Diskens resultat
verdict-of = Resultat for disk { $n } af { $all }
result-label = Mærkat: { $tag }
code-title = QR-kode til certifikatet
code-full = QR-koden indeholder det vigtigste fra certifikatet og sin egen underskrift.
code-small = QR-koden viser kun, hvilket certifikat det er. Den er ikke et bevis.
code-no-room = Skærmen er for lille til hele QR-koden. Den står i certifikatets PDF.
code-none = Skærmen er for lille til en QR-kode.
keep-title = Resultatet er ikke gemt på nulstil-stikket
keep-body = Resultater ligger kun i computerens hukommelse. Sluk ikke computeren.
keep-next = Tryk 1, når det er gjort.
reason-given-up = Resultatet blev opgivet og er ikke gemt.
keep-saving = Vent. Resultatet bliver gemt på nulstil-stikket.
failed-title = Arbejdet kunne ikke udføres
failed-body = Dette arbejde gav intet nyt resultat.
failed-next = Tryk Enter for at se efter igen, eller hent en kollega.

# Signing in.
sign-in-title = Log ind
sign-in-body = Scan dit kort, eller skriv adgangskoden, og tryk Enter.
sign-in-hidden = Det, du skriver, bliver ikke vist.
signing-in-body = Vent. Koden bliver prøvet.

# Needs you: one reason, one act.
configuration-title = Indstillingerne kan ikke læses
configuration-body = Filen nulstil.toml på nulstil-stikket har en fejl.
configuration-act = Ret filen på en anden computer, sæt nulstil-stikket i, og tryk Enter.
stick-title = Nulstil-stikket kan ikke bruges
stick-act = Tryk Enter, når det er gjort.
key-title = Computeren kan ikke underskrive
key-body = Underskriftsnøglen kan ikke bruges.
key-act = Hent din leder. Tryk Enter, når det er rettet.
no-drive-title = Der er ingen disk
no-drive-body = Computeren viser ingen disk.
no-drive-act = Se, om der sidder en disk i computeren. Tryk Enter for at se efter igen, eller sæt computeren til side.
hidden-title = Der kan være skjulte diske
hidden-body = Computeren kan have diske, som ikke kan ses her.
hidden-act = Hent en kollega, og skift indstillingen i computerens BIOS. Hvis du fortsætter uden de skjulte diske, bliver computeren ikke registreret som færdig.
more-title = Der er flere diske end ventet
more-body = Der er { $seen } diske. Der var ventet { $expected }.
more-act = Se på diskene, og svar for hver.
frozen-title = Disken kan ikke slette sig selv endnu
frozen-body = Computeren skal gå i dvale, før disken kan slette sig selv.
frozen-act = Hvis du vælger 1, bliver skærmen sort i cirka 20 sekunder. Er den sort efter 1 minut, så hent en kollega.
failing-title = Disken kan snart gå i stykker
failing-body = Disken melder selv, at den kan svigte.
failing-act = Sletningen kan tage lang tid. Hvis disken ikke bliver slettet, så hent en kollega.
locked-title = Disken er låst
locked-body = Disken er låst med en adgangskode.
locked-act = Hent din leder.
refused-title = En disk kan ikke slettes her
refused-start-again = Sluk computeren, og start den igen fra nulstil-stikket. Sker det igen, så hent en kollega.
refused-fasten = Sluk computeren, se, om disken sidder fast, og start igen. Sker det igen, så hent en kollega.
refused-switch = Har disken en lille knap mod skrivning, så skub den, og vælg 1. Har den ingen, så hent en kollega.
refused-sata = Sæt disken direkte i et SATA-stik inde i en computer, og vælg 1. Kan du ikke det, så hent en kollega.
refused-elsewhere = Hent en kollega. Disken skal slettes på en anden måde.
refused-too-small = Er det en disk, der skal slettes, så hent en kollega. Er det ikke en disk, så vælg 2.
refused-colleague = Hent en kollega.
unfinished-title = En sletning blev afbrudt
unfinished-body = Sletningen af denne computer blev afbrudt, før den var færdig.
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
refusal-holds-output = Resultater eller underskriftsnøgler ligger på den.
refusal-method-unavailable = Den kan ikke slettes med den metode, der er bestilt.
refusal-hidden-area = Den skjuler blokke, som ikke kan nås her.
refusal-locked = Den er låst med en adgangskode.
refusal-policy = Reglerne for arbejdspladsen forbyder det.
refusal-unreadable = Den kunne ikke undersøges.

# A second key.
sure-stop-title = Vil du stoppe sletningen?
sure-stop-body = De diske, der ikke er færdige, bliver registreret som stoppet. De er ikke slettet.
sure-stop-yes = Ja, stop sletningen
sure-resume-title = Vil du gå videre med sletningen?
sure-resume-body = Det, der er på diskene, bliver slettet.
sure-resume-yes = Ja, gå videre
sure-start-over-title = Vil du begynde forfra?
sure-start-over-body = Den gamle sletning er registreret som ikke færdig. En ny plan bliver lavet.
sure-start-over-yes = Ja, begynd forfra
sure-give-up-title = Vil du fortsætte uden at gemme?
sure-give-up-body = Resultater, der ikke er på nulstil-stikket, går tabt. Så er der intet bevis, og diskene skal slettes igen.
sure-give-up-no = Nej, gem resultatet
sure-give-up-yes = Ja, fortsæt uden at gemme
sure-off-title = Vil du slukke computeren?
sure-off-body = Der er ingen sletning i gang.
sure-off-yes = Ja, sluk
sure-leave-title = Vil du lukke dette program?
sure-leave-body = Hvis en sletning er i gang, fortsætter den.
sure-leave-yes = Ja, luk
sure-no = Nej

# Over the screen.
pause-title = Pause
pause-body = Pause ændrer ikke noget. Hvis en sletning er i gang, fortsætter den.
pause-next = Tryk Esc, når du vil se skærmen igen.
help-title = Hjælp
help-keys = Tasterne er de samme på alle skærme:
help-enter = Enter: videre, næste side, eller ja
help-answers = 1, 2, 3: svar
help-back = Backspace: et trin tilbage, eller slet et tegn
help-help = F1: denne hjælp
help-code = F2: certifikatets QR-kode
help-no-label = F4: computeren har ingen mærkat
help-language = F9: dansk eller engelsk
help-pause = Esc: pause. Det stopper ikke en sletning
help-f10 = F10: stop, sluk eller luk. Du bliver spurgt igen
help-pages = PgDn og PgUp: en side eller en disk frem og tilbage
help-this = Skærmen, du kom fra: { $title }
help-person = Hvis du er i tvivl, så hent en kollega. Computeren venter.

# Sentences about the last key.
notice-stray = Her skal der ikke scannes. Det blev ikke brugt. Tryk på én tast ad gangen.
notice-early = Scanningen kom for tidligt. Scan igen.
notice-badge = Det er koden til at logge ind, ikke en mærkat. Scan mærkaten på computeren.
notice-length = En mærkat har 2 til 24 tegn. Scan igen, eller skriv nummeret.
notice-character = En mærkat har kun tal, bogstaverne A til Z, bindestreg og punktum. Scan igen, eller skriv nummeret.
notice-check = Nummeret blev læst forkert. Scan igen. Tryk F4, hvis det sker igen.
notice-declined = Det blev ikke gjort. Hent en kollega, hvis det sker igen.
notice-working = Det blev ikke gjort, for diskene bliver slettet nu. Vent.
notice-looking = Det blev ikke gjort, for computeren bliver undersøgt nu. Vent, og prøv igen.
notice-idle = Der er ikke nogen sletning i gang.
notice-changed = Det blev ikke gjort, for diskene eller planen er ikke de samme som før.
notice-secret = Koden passer ikke. Scan dit kort igen, eller skriv adgangskoden igen.
notice-unkept = Det blev ikke gjort, for resultater ligger kun i computerens hukommelse.
