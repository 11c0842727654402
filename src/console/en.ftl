# The console's texts in English. Short literal sentences, one word for one thing: drive, label, plan, erase.

step = Step { $n } of { $all }
technical = technical: { $text }
page = Page { $n } of { $all }. See the other pages with PgDn and PgUp.
plain-keys = Type the name of the key, for example f1 or backspace, and press Enter.

# The keys' line: what each key does.
act-next = Next
act-next-page = Next page
act-yes = Yes
act-back = Back
act-help = Help
act-language = Dansk
act-pause = Pause
act-page = Page
act-result = Drive
act-no-label = No label
act-code = QR code
act-close = Close
act-stop = Stop
act-off = Off
act-restart = Restart
act-leave = Leave
act-look = Look again
act-answer = Answer

# Answers.
way-look = Look again
way-thaw = Let the computer sleep
way-each = Ask about each drive
way-resume = Go on with the erasure
way-start-over = Start again
way-pass-frozen = Go on without letting the computer sleep
way-pass-hidden = Go on without the hidden drives
way-pass-failing = Go on
way-pass-drive = Go on without this drive
way-unsaved = Go on without saving
answer-colleague = Ask a colleague

# States.
state-waiting = WAITING
state-working = ERASING
state-stopping = STOPPING
state-needs-you = NEEDS YOU
state-passed = ERASED
state-failed = NOT ERASED
state-unproven = NOT PROVEN
state-unsigned = NOT VALID
state-stopped = STOPPED
state-incomplete = NOT DONE

# What is what.
machine = Computer: { $name }
machine-serial = Serial number: { $serial }
station = Bench: { $name }
unknown = unknown
drive = { $model }, { $size }
drive-place = Serial number { $serial }, { $path }
keeping-folder = The result will be saved in { $path }
keeping-stick = The result will be saved on the nulstil stick.
signing-open = Signed by { $name }
signing-later = Nothing is signed here. The office signs later.
clock-today = at { $time }
clock-day = on { $day }/{ $month } at { $time }
date = { $day } { $month ->
    [1] January
    [2] February
    [3] March
    [4] April
    [5] May
    [6] June
    [7] July
    [8] August
    [9] September
    [10] October
    [11] November
   *[other] December
} { $year } at { $time }
percent = { $n }%
size-b = { $n } B
size-kb = { $n } kB
size-mb = { $n } MB
size-gb = { $n } GB
size-tb = { $n } TB
size-pb = { $n } PB

# Waiting.
connecting-title = The computer is starting
connecting-body = Wait. You do not have to do anything.
lost-title = The screen has no connection
lost-body = The screen does not know whether an erasure is running. Do not switch the computer off.
lost-next = The screen tries again by itself. Fetch a colleague if the picture does not change.
wait-long = It has taken more than 3 minutes. Fetch a colleague.
looking-title = The computer is being examined
looking-body = Wait. You do not have to do anything.
planning-title = The plan is being made
planning-body = Wait. Nothing is being erased yet.
beginning-title = The erasure begins
beginning-body = Wait. You said yes to the plan.
job-title = The computer follows a job
job-body = A signed job says what is to be erased. Nobody is asked.
job-next = You do not have to do anything.
off-title = The computer is switching off
off-again-title = The computer starts again
off-body = You do not have to do anything.

# The label.
start-title = Scan the label on the computer
start-erased = { $n ->
    [one] This drive will be erased:
   *[other] These { $n } drives will be erased:
}
start-may = { $n ->
    [one] This drive can be erased:
   *[other] These { $n } drives can be erased:
}
start-kept = Will not be erased:
start-field = Label:
start-scan-is-yes = { $n ->
    [one] When you scan the label, the erasure of 1 drive begins.
   *[other] When you scan the label, the erasure of { $n } drives begins.
}
start-later = Scan, or type the number and press Enter. Nothing is erased yet.
kept-because = Because: { $why }
kept-not-chosen = It is not chosen.
kept-done = It has its result.
remark-clock = The computer's clock shows { $time }. It may be wrong: { $why }.
doubt-build = it is before this program was made, { $time }
doubt-newest = it is before the newest result on the nulstil stick, { $time }
doubt-late = it is more than 10 years after { $time }, which is the newest known time
doubt-none = the computer has no clock of its own
remark-no-configuration = There is no nulstil.toml on the nulstil stick. The rules are those of the program.
remark-too-many-journals = There are so many unfinished erasures on the nulstil stick that only the newest were read.
remark-begun-anew = The program was started again. An erasure that was running was cut off.
confirm-title = Is the number right?
confirm-body = Read the number on the label. Is it the same as here?
confirm-yes = Yes. It is the same
confirm-no = No. Scan or type again

# One drive at a time.
ask-title = Shall this drive be erased?
ask-each = Drive { $n } of { $all }
ask-yes = Yes, erase this drive
ask-no = No, do not erase it
ask-after = Nothing is erased yet. The plan comes after this.
colleague-title = Wait for your colleague
colleague-body = Fetch a colleague. The computer waits. Nothing is being erased.
colleague-next = When you agree, press Enter. Then the question comes again.
nothing-title = No drive can be erased
nothing-body = There is no drive in the computer that can be erased here. Press Enter to look again, or put the computer aside.
all-done-title = All drives have their result
all-done-body = You can switch the computer off. If you put another drive in, press Enter to look again.
none-title = No drive is chosen
none-body = You said no to all drives. Nothing is being erased.
none-next = Press Enter to answer again.
changed-title = The plan has changed
changed-body = The drives or the plan are not the same any more. Your answers about the drives do not count any more.
changed-next = See the new plan

# The plan.
plan-title = Read the plan. Shall the drives be erased?
plan-label = Label: { $tag }
plan-no-label = Label: none
plan-how = How: { $how }
how-overwrite = the computer overwrites the whole drive
how-erase = the drive erases itself
how-key = the drive destroys its encryption key
plan-method = Method: { $method }
plan-why = All that is on the drive will be gone. It cannot be undone.
plan-yes = { $n ->
    [one] Yes, erase 1 drive
   *[other] Yes, erase { $n } drives
}

# The work.
working-title = The drives are being erased
working-stopping = The erasure is being stopped
working-body = You do not have to do anything. Do not take the power from the computer.
working-memory = The erasure goes on. If the power goes now, it has to begin again.
working-stopping-body = Wait. The drives that are not done are being recorded as stopped.
working-drive = { $state } { $percent } Done about { $clock }
working-drive-open = { $state } { $percent }
working-number = Drive { $n }: { $state }
working-clock = The computer's clock shows { $clock }.
working-done = DONE. The result comes when all drives are done.
phase-firmware = The drive erases itself
phase-write = Writing, pass { $pass } of { $passes }
phase-verify = Reading the drive to see whether all is erased
phase-inspect = Reading the drive
phase-none = Waiting for its turn
working-troubles = { $n ->
    [one] The drive gave 1 error. The program tries again.
   *[other] The drive gave { $n } errors. The program tries again.
}

# Results.
result-erased = The drive is erased. A signed certificate says so.
result-unsigned = The erasure is recorded, but a signature is missing. The office signs later.
result-failed = The drive is not erased. Put the computer aside, and fetch a colleague.
result-unproven = It is not proven that the drive is erased. Put the computer aside, and fetch a colleague.
result-stopped = The erasure was stopped. The drive is not erased.
result-refused = The program did not write on the drive. It is not erased.
result-blank = The drive was blank when it was read. It is not erased by us.
result-destroy = The drive cannot be erased. It must be destroyed.
result-certificate = Certificate: { $id }
result-file = Saved as: { $file }
result-file-later = To be saved as: { $file }
result-waits = The result is only in the computer's memory.
result-next = When you have seen the result, press Enter.
result-off = Press Enter to switch the computer off.
result-restart = Press Enter to restart the computer.
machine-title = The computer's result
machine-count = { $done } of { $all } drives in the plan are erased.
machine-lacks = The computer is not done.
lack-drive = A drive
lack-serial = { $path } (serial number { $serial })
lack-hidden = There may be drives that cannot be seen.
lack-none = No drive of the computer was seen.
lack-certificate = { $drive } has no certificate.
lack-not-erased = { $drive } is not erased.
lack-unproven = It is not proven that { $drive } is erased.
lack-stopped = { $drive } was not erased to the end.
lack-blank = { $drive } was blank when it was read. It is not erased.
lack-not-blank = { $drive } is not blank. It is not erased.
lack-destroy = { $drive } is not erased. It must be destroyed.
verdict-title = The drive's result
verdict-of = Result of drive { $n } of { $all }
result-label = Label: { $tag }
code-title = QR code of the certificate
code-full = The QR code holds the most important of the certificate, and a signature of its own.
code-small = The QR code only shows which certificate it is. It is not a proof.
code-no-room = The screen is too small for the whole QR code. It is in the certificate's PDF.
code-none = The screen is too small for a QR code.
keep-title = The result is not saved on the nulstil stick
keep-body = Results are only in the computer's memory. Do not switch the computer off.
keep-next = Press 1 when it is done.
reason-given-up = The result was given up, and is not saved.
keep-saving = Wait. The result is being saved on the nulstil stick.
failed-title = The work could not be done
failed-body = This work gave no new result.
failed-next = Press Enter to look again, or fetch a colleague.

# Signing in.
sign-in-title = Sign in
sign-in-body = Scan your badge, or type the passphrase, and press Enter.
sign-in-hidden = What you type is not shown.
signing-in-body = Wait. The code is being tried.

# Needs you: one reason, one act.
configuration-title = The settings cannot be read
configuration-body = The file nulstil.toml on the nulstil stick has an error.
configuration-act = Correct the file on another computer, plug the nulstil stick in, and press Enter.
stick-title = The nulstil stick cannot be used
stick-act = Press Enter when it is done.
key-title = The computer cannot sign
key-body = The signing key cannot be used.
key-act = Fetch your supervisor. Press Enter when it is put right.
no-drive-title = There is no drive
no-drive-body = The computer shows no drive.
no-drive-act = Look whether there is a drive in the computer. Press Enter to look again, or put the computer aside.
hidden-title = There may be hidden drives
hidden-body = The computer may have drives that cannot be seen here.
hidden-act = Fetch a colleague, and change the setting in the computer's BIOS. If you go on without the hidden drives, the computer will not be recorded as done.
more-title = There are more drives than expected
more-body = There are { $seen } drives. { $expected } were expected.
more-act = Look at the drives, and answer for each.
frozen-title = The drive cannot erase itself yet
frozen-body = The computer must sleep before the drive can erase itself.
frozen-act = If you choose 1, the screen turns black for about 20 seconds. If it is black after 1 minute, fetch a colleague.
failing-title = The drive may soon break
failing-body = The drive itself says that it may fail.
failing-act = Erasing it may take long. If the drive is not erased, fetch a colleague.
locked-title = The drive is locked
locked-body = The drive is locked with a password.
locked-act = Fetch your supervisor.
refused-title = A drive cannot be erased here
refused-start-again = Switch the computer off, and start it again from the nulstil stick. If it happens again, fetch a colleague.
refused-fasten = Switch the computer off, look whether the drive is firmly in its place, and start again. If it happens again, fetch a colleague.
refused-switch = If the drive has a small switch against writing, move it, and choose 1. If it has none, fetch a colleague.
refused-sata = Plug the drive directly into a SATA socket inside a computer, and choose 1. If you cannot, fetch a colleague.
refused-elsewhere = Fetch a colleague. The drive has to be erased in another way.
refused-too-small = If it is a drive that has to be erased, fetch a colleague. If it is no drive, choose 2.
refused-colleague = Fetch a colleague.
unfinished-title = An erasure was cut off
unfinished-body = The erasure of this computer was cut off before it was done.
unfinished-drive = Drive { $serial }, begun { $clock }
unfinished-act = Go on, or start again with a new plan.

# Why a drive is not erased.
refusal-not-found = The drive is not there.
refusal-not-a-drive = It is not a whole drive.
refusal-partition = It is only a part of a drive.
refusal-boot-medium = The computer runs from it.
refusal-mounted = It is in use.
refusal-swap = It is in use as memory.
refusal-held = It is in use together with other drives.
refusal-busy = It is in use.
refusal-read-only = It cannot be written.
refusal-empty-slot = There is nothing in it.
refusal-no-medium = It shows no size. It may be broken.
refusal-too-small = It is too small to be a drive.
refusal-zoned = This type of drive cannot be erased here.
refusal-virtual = It is not a real drive.
refusal-duplicate = It is the same drive twice.
refusal-permission = The program is not allowed to open it.
refusal-replaced = It is another drive than in the plan.
refusal-holds-output = Results or signing keys are on it.
refusal-method-unavailable = It cannot be erased by the method that is asked for.
refusal-hidden-area = It hides blocks that cannot be reached here.
refusal-locked = It is locked with a password.
refusal-policy = The rules of this bench forbid it.
refusal-unreadable = It could not be examined.

# A second key.
sure-stop-title = Do you want to stop the erasure?
sure-stop-body = The drives that are not done are recorded as stopped. They are not erased.
sure-stop-yes = Yes, stop the erasure
sure-resume-title = Do you want to go on with the erasure?
sure-resume-body = What is on the drives will be erased.
sure-resume-yes = Yes, go on
sure-start-over-title = Do you want to start again?
sure-start-over-body = The old erasure stays recorded as not done. A new plan is made.
sure-start-over-yes = Yes, start again
sure-give-up-title = Do you want to go on without saving?
sure-give-up-body = Results that are not on the nulstil stick will be lost. Then there is no proof, and the drives must be erased again.
sure-give-up-no = No, save the result
sure-give-up-yes = Yes, go on without saving
sure-off-title = Do you want to switch the computer off?
sure-off-body = No erasure is running.
sure-off-yes = Yes, switch off
sure-leave-title = Do you want to close this program?
sure-leave-body = If an erasure is running, it goes on.
sure-leave-yes = Yes, close
sure-no = No

# Over the screen.
pause-title = Pause
pause-body = Pause does not change anything. If an erasure is running, it goes on.
pause-next = Press Esc when you want to see the screen again.
help-title = Help
help-keys = The keys are the same on all screens:
help-enter = Enter: next, next page, or yes
help-answers = 1, 2, 3: answers
help-back = Backspace: one step back, or delete a character
help-help = F1: this help
help-code = F2: the certificate's QR code
help-no-label = F4: the computer has no label
help-language = F9: Danish or English
help-pause = Esc: pause. It does not stop an erasure
help-f10 = F10: stop, switch off or close. You are asked again
help-pages = PgDn and PgUp: one page or one drive on and back
help-this = The screen you came from: { $title }
help-person = If you are in doubt, fetch a colleague. The computer waits.

# Sentences about the last key.
notice-stray = Nothing is to be scanned here. It was not used. Press one key at a time.
notice-early = The scan came too early. Scan again.
notice-badge = That is the code for signing in, not a label. Scan the label on the computer.
notice-length = A label has 2 to 24 characters. Scan again, or type the number.
notice-character = A label has only digits, the letters A to Z, hyphens and full stops. Scan again, or type the number.
notice-check = The number was read wrongly. Scan again. Press F4 if it happens again.
notice-declined = It was not done. Fetch a colleague if it happens again.
notice-working = It was not done, because the drives are being erased now. Wait.
notice-looking = It was not done, because the computer is being examined now. Wait, and try again.
notice-idle = No erasure is running.
notice-changed = It was not done, because the drives or the plan are not the same as before.
notice-secret = The code does not fit. Scan your badge again, or type the passphrase again.
notice-unkept = It was not done, because results are only in the computer's memory.
