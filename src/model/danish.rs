//! The Danish wording of what this program finds, for technicians and auditors. The terms of the
//! standards (Clear, Purge, HPA, RPMB) stay as they are. One word for one thing throughout: `disk`
//! is a drive, `gennemløb` a pass, `kontrollæsning` a read-back, `markering` a marker, `anført`
//! means listed in the document.

use super::{InspectionShortfall, Shortfall};

/// As [`Shortfall::statement`].
pub(super) const fn shortfall(shortfall: Shortfall) -> &'static str {
    match shortfall {
        Shortfall::Aborted => {
            "Sletningen blev stoppet af en person eller af systemet, før den var færdig."
        }
        Shortfall::Incomplete => "Sletningen blev afbrudt og aldrig genoptaget.",
        Shortfall::RunFailed => "Sletningen kunne ikke fortsætte.",
        Shortfall::PassesMissing => "Ikke alle planlagte gennemløb blev udført.",
        Shortfall::PatternDiffers => "Et gennemløb skrev noget andet end planlagt.",
        Shortfall::BlocksNotWritten => "Nogle blokke kunne ikke skrives; de er anført.",
        Shortfall::CoverageUnproven => "Antallet af skrevne byte svarer ikke til hele disken.",
        Shortfall::NotFlushed => {
            "Disken bekræftede ikke, at dens skrivebuffer (write cache) var tømt."
        }
        Shortfall::DriveChanged => "Til sidst svarede en anden disk på den samme plads.",
        Shortfall::CapacityChanged => "Kapaciteten ændrede sig under sletningen.",
        Shortfall::BlocksDiffer => {
            "Nogle blokke indeholdt ikke det, der var skrevet; de er anført."
        }
        Shortfall::BlocksUnreadable => "Nogle blokke kunne ikke læses tilbage; de er anført.",
        Shortfall::KeyDiffers => {
            "Den viste nøgle til et gennemløb med tilfældige data er ikke den, der var lagt fast på \
             forhånd."
        }
        Shortfall::MethodNotReached => {
            "Det, der blev udført, når ikke op til den metode, der var bestilt."
        }
        Shortfall::TechniqueMissing => "Det, der blev udført, er ikke det, der var planlagt.",
        Shortfall::CommandRejected => "Disken tog ikke imod slettekommandoen.",
        Shortfall::EraseFailed => "Diskens egen sletning mislykkedes.",
        Shortfall::MarkersSurvived => {
            "Markeringer, der var skrevet på disken før sletningen, var der stadig bagefter; de er \
             anført."
        }
        Shortfall::DataSurvived => {
            "Blokke indeholdt det samme før og efter sletningen; de er anført."
        }
        Shortfall::HiddenBlocksLeft => {
            "Disken skjuler blokke bagest på disken, som ikke blev slettet."
        }
        Shortfall::NotVerified => "Intet blev læst tilbage.",
        Shortfall::VerificationUnfinished => "Ikke alt det, der skulle læses tilbage, blev læst.",
        Shortfall::PageCache => {
            "Der blev læst og skrevet gennem computerens mellemlager (page cache)."
        }
        Shortfall::AfterCheckMissing => "Disken blev ikke identificeret igen til sidst.",
        Shortfall::InterruptedAndSampled => {
            "Sletningen blev afbrudt, og det, der var skrevet før afbrydelsen, blev ikke læst \
             tilbage i sin helhed."
        }
        Shortfall::EraseUnconfirmed => "Disken bekræftede ikke, hvordan dens sletning endte.",
        Shortfall::EraseNotWitnessed => {
            "Disken siger, at en sletning blev gennemført, men det kan have været en tidligere."
        }
        Shortfall::MarkersMissing => {
            "Der kunne ikke skrives nok markeringer før sletningen til at bevise den bagefter."
        }
        Shortfall::MarkersUnread => {
            "Ikke alle blokke, der var markeret eller udtaget som prøve før sletningen, kunne læses \
             bagefter, så sletningen er ikke bevist. En disk kan nægte at læse det, der ikke er \
             skrevet siden: at overskrive det beviser Clear og ikke mere."
        }
        Shortfall::DiskImage => {
            "Dette er et diskbillede, altså en fil: der siges intet om den disk, filen ligger på."
        }
        Shortfall::VirtualDrive => {
            "Dette er en virtuel disk: der siges intet om det medie, der ligger under den."
        }
        Shortfall::SpareBlocks => {
            "Det, computeren skriver, når ikke blokke, som disken har flyttet, taget ud af brug \
             eller holder i reserve; at overskrive et sådant medie er Clear og ikke mere (NIST SP \
             800-88r2, afsnit 3.1.1)."
        }
        Shortfall::HiddenAreas => {
            "Det vides ikke, om disken skjuler blokke bagest (HPA, DCO, AMAX og lignende); \
             dokumentet siger hvorfor."
        }
        Shortfall::BootPartitions => {
            "Boot- og RPMB-partitioner, hvis disken har nogen, blev ikke undersøgt."
        }
        Shortfall::Sampled => "Kontrollæsningen var en stikprøve, ikke hele disken.",
        Shortfall::Interrupted => "Sletningen blev afbrudt og genoptaget; stederne er anført.",
        Shortfall::FellBack => {
            "Den bestilte metode blev ikke nået; stedets regler godtager den, der blev nået."
        }
        Shortfall::StepFailed => {
            "En anden teknik blev forsøgt uden held; det, der blev nået, bygger ikke på den."
        }
        Shortfall::KeyHistory => {
            "En kryptografisk sletning er ikke bedre end diskens ord for, at alt altid har været \
             krypteret med den nøgle, som den ødelagde."
        }
        Shortfall::ReadsUniform => {
            "Disken viser den samme værdi overalt: set udefra kan slettet ikke skelnes fra frigivet \
             (deallocated)."
        }
        Shortfall::BeyondFirmware => {
            "Diskens boot- og RPMB-partitioner og de blokke, der er taget ud af brug, blev ikke \
             undersøgt."
        }
        Shortfall::SamplesUnread => {
            "Nogle blokke kunne ikke læses før sletningen; om det, de indeholdt, er væk, vides kun \
             så langt, som de andre blokke viser det."
        }
        Shortfall::OnlyMarkers => {
            "Ingen blok, der blev udtaget som prøve før sletningen, indeholdt noget, der kan skelnes \
             fra en slettet blok; kun markeringerne viser, at disken slettede."
        }
        Shortfall::NotReset => {
            "Disken blev ikke genstartet (reset) mellem sletningen og kontrollen; dens svar kan være \
             kommet fra dens cache."
        }
    }
}

/// As [`InspectionShortfall::statement`].
pub(super) const fn inspection(shortfall: InspectionShortfall) -> &'static str {
    match shortfall {
        InspectionShortfall::DataFound => {
            "Nogle blokke indeholder noget andet end den ene byte, som en tom disk er fyldt med; de \
             er anført."
        }
        InspectionShortfall::NotReadToTheEnd => "Ikke hele disken blev læst.",
        InspectionShortfall::BlocksUnreadable => "Nogle blokke kunne ikke læses; de er anført.",
        InspectionShortfall::Locked => {
            "Disken er låst: det, der blev læst, er ikke det, der er gemt på den, eller ikke det hele."
        }
        InspectionShortfall::LocksUnknown => {
            "Det vides ikke, om disken er låst og viser noget andet end det, der er gemt på den; \
             dokumentet siger hvorfor."
        }
        InspectionShortfall::HiddenBlocks => {
            "Disken skjuler blokke i slutningen, og de blev ikke læst."
        }
        InspectionShortfall::HiddenAreasUnknown => {
            "Det vides ikke, om disken skjuler blokke i slutningen (HPA, DCO, AMAX og lignende), som \
             ikke blev læst; dokumentet siger hvorfor."
        }
        InspectionShortfall::PageCache => "Læsningerne gik gennem computerens sidecache.",
        InspectionShortfall::DriveChanged => {
            "Til sidst var det ikke sikkert, at det var den samme disk med den samme kapacitet."
        }
    }
}
