# The console's texts in English. Short literal sentences, one word for one thing: drive, label, plan, erase.

step = Step { $n } of { $all }
technical = technical: { $text }
page = Page { $n } of { $all }. See the other pages with PgDn and PgUp.

# The keys' line: what each key does.
act-next = Next
act-yes = Yes
act-back = Back
act-help = Help
act-language = Dansk
act-pause = Pause
act-page = Page
act-result = Drive
act-no-label = No label
act-code = Code
act-close = Close
act-stop = Stop
act-off = Off
act-leave = Leave
act-give-up = Give up
act-look = Look again
act-answer = Answer

# Answers.
way-look = Look again
way-thaw = Let the computer sleep
way-each = Ask about each drive
way-resume = Go on with the erasure
way-start-over = Start again
way-pass = Go on without
answer-colleague = Ask a colleague

# States.
state-waiting = WAITING
state-working = ERASING
state-needs-you = NEEDS YOU
state-passed = ERASED
state-failed = NOT ERASED
state-unproven = NOT PROVEN
state-unsigned = NOT SIGNED
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
percent = { $n }%
size-b = { $n } B
size-kb = { $n } kB
size-mb = { $n } MB
size-gb = { $n } GB
size-tb = { $n } TB
size-pb = { $n } PB

# Waiting.
connecting-title = The machine is starting
connecting-body = Wait. You do not have to do anything.
lost-title = The screen has no connection
lost-body = If an erasure is running, it goes on.
lost-next = The screen tries again by itself. You do not have to do anything.
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
remark-clock = The computer's clock says { $time }. It may be wrong: { $why }.
remark-no-configuration = There is no nulstil.toml on the stick. The rules are those of the program.
remark-too-many-journals = There are so many unfinished erasures on the stick that only the newest were read.
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
how-key = the drive destroys its key
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
working-stopping-body = Wait. The drives are being recorded as stopped.
working-drive = { $state } { $percent } Done about { $clock }
working-drive-open = { $state } { $percent }
working-done = DONE. The result comes when all drives are done.
phase-firmware = The drive erases itself
phase-write = Writing, pass { $pass } of { $passes }
phase-verify = Reading whether all is erased
phase-inspect = Reading the drive
phase-none = Waiting for its turn
working-troubles = { $n ->
    [one] 1 error on the drive was tried again
   *[other] { $n } errors on the drive were tried again
}

# Results.
result-erased = The drive is erased. A signed certificate says so.
result-unsigned = The erasure is recorded, but NOT SIGNED. The office must sign before it counts.
result-failed = The drive is not erased. Put the computer aside, and fetch a colleague.
result-unproven = It is not proven that the drive is erased. Put the computer aside, and fetch a colleague.
result-stopped = The erasure was stopped. The drive is not erased.
result-refused = The drive was not touched. It is not erased.
result-blank = The drive was blank when it was read. It is not erased by us.
result-destroy = The drive cannot be erased. It must be destroyed.
result-certificate = Certificate: { $id }
result-file = Saved as: { $file }
result-waits = The result is only in the computer's memory.
result-next = When you have seen the result, press Enter.
machine-title = The computer's result
machine-count = { $done } of { $all } drives are erased.
machine-lacks = The computer is not done.
verdict-title = The drive's result
verdict-of = Result of drive { $n } of { $all }
result-label = Label: { $tag }
code-title = Code of the certificate
code-full = The code holds what the certificate says, and a signature.
code-small = The code only shows which certificate it is. It is not a proof.
code-no-room = The screen is too small for the whole code. It is in the certificate's PDF.
code-none = The screen is too small for a code.
keep-title = Plug the nulstil stick in
keep-body = { $n ->
    [one] 1 file with results is only in the computer's memory. Do not switch the computer off.
   *[other] { $n } files with results are only in the computer's memory. Do not switch the computer off.
}
keep-next = Plug the stick in, and press Enter.
failed-title = The work could not be done
failed-body = There is no proof that anything is erased.
failed-next = Press Enter to look again, or fetch a colleague.

# Signing in.
sign-in-title = Unlock the key
sign-in-body = Scan your badge, or type the passphrase, and press Enter.
sign-in-hidden = What you type is not shown.

# Needs you: one reason, one act.
configuration-title = The settings cannot be read
configuration-body = The file nulstil.toml on the stick has an error.
configuration-act = Correct the file on another computer, plug the stick in, and press Enter.
stick-title = The stick cannot be used
stick-act = Press Enter when it is done.
key-title = The computer cannot sign
key-body = The bench's key cannot be used.
key-act = Fetch your supervisor. Press Enter when it is put right.
no-drive-title = There is no drive
no-drive-body = The computer shows no drive.
no-drive-act = Look whether there is a drive in the computer. Press Enter to look again, or put the computer aside.
hidden-title = There may be hidden drives
hidden-body = The computer may have drives that cannot be seen here.
hidden-act = Fetch a colleague, and change the setting in the computer's BIOS. If you go on without, the computer will not be reported as done.
more-title = There are more drives than expected
more-body = There are { $seen } drives. { $expected } were expected.
more-act = Look at the drives, and answer for each.
frozen-title = The drive is locked by the computer's start
frozen-body = The computer must sleep for a short time before the drive can erase itself.
frozen-act = The screen turns black for some seconds. Then it comes on again.
locked-title = The drive is locked
locked-body = The drive is locked with a password.
locked-act = Fetch your supervisor.
refused-title = A drive cannot be erased here
refused-act = Do what it says and look again, or go on without this drive.
unfinished-title = An erasure was cut off
unfinished-body = The erasure of this computer did not end.
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
refusal-holds-output = Results or keys are on it.
refusal-method-unavailable = It cannot be erased by the method that is asked for.
refusal-hidden-area = It hides space that cannot be reached here.
refusal-locked = It is locked with a password.
refusal-policy = The rules of this bench forbid it.
refusal-unreadable = It could not be examined.

# A second key.
sure-stop-title = Do you want to stop the erasure?
sure-stop-body = The drives that are not done are recorded as STOPPED. They are not erased.
sure-stop-yes = Yes, stop the erasure
sure-resume-title = Do you want to go on with the erasure?
sure-resume-body = What is on the drives will be erased.
sure-resume-yes = Yes, go on
sure-start-over-title = Do you want to start again?
sure-start-over-body = The old erasure stays recorded as not done. A new plan is made.
sure-start-over-yes = Yes, start again
sure-give-up-title = Do you want to give up the results?
sure-give-up-body = Results that are not on the stick will be lost. Then there is no proof, and the drives must be erased again.
sure-give-up-yes = Yes, give up the results
sure-off-title = Do you want to switch the computer off?
sure-off-body = No erasure is running.
sure-off-yes = Yes, switch off
sure-leave-title = Do you want to close this program?
sure-leave-body = If an erasure is running, it goes on.
sure-leave-yes = Yes, close
sure-no = No

# Over the screen.
pause-title = Pause
pause-body = Nothing is stopped. If an erasure is running, it goes on.
pause-next = Press Esc when you want to see the screen again.
help-title = Help
help-keys = The keys are the same on all screens:
help-enter = Enter: next, or yes, where there is only one thing to do
help-answers = 1, 2, 3: answers
help-back = Backspace: one step back
help-help = F1: this help
help-language = F9: Danish or English
help-pause = Esc: pause. It does not stop an erasure
help-f10 = F10: stop or switch off. You are asked again
help-this = The screen you came from: { $title }
help-person = If you are in doubt, fetch a colleague. The computer waits.

# Sentences about the last key.
notice-stray = The scan was not used. Nothing is to be scanned here.
notice-length = A label has 2 to 24 characters. Scan again, or type the number.
notice-character = A label has only digits, the letters A to Z, hyphens and full stops. Scan again, or type the number.
notice-check = The number was read wrongly. Scan again.
notice-declined = It was not done. Fetch a colleague if it happens again.
notice-unread = The plan has more pages. Press PgDn until you have seen all of them.
notice-working = It was not done, because the disks are being erased now. Wait.
notice-looking = It was not done, because the computer is being examined now. Wait, and try again.
notice-idle = No erasure is running.
notice-changed = It was not done, because the disks or the plan are not the same as before.
notice-secret = The code does not fit. Scan your card again, or type the code again.
notice-unkept = It was not done, because results are only in the computer's memory.
