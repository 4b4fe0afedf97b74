//! Materials of an application: small but real files.

use api::registration::v1::MaterialKind;

use crate::actors::{Answer, Holder};
use crate::picture::{photo_jpeg, signature_png};

/// A PDF of one empty page: what a scanner's output is to a program that checks media types.
pub const SCAN: &[u8] = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n\
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n";

/// Attaches what an initial registration needs.
pub async fn attach_for_initial(holder: &Holder, application: &str) -> Answer<()> {
    let scans = [
        MaterialKind::ApplicationForm,
        MaterialKind::QualificationCertificate,
        MaterialKind::EducationCertificate,
        MaterialKind::IdentityDocument,
        MaterialKind::LabourContract,
    ];
    attach_scans(holder, application, &scans).await?;
    holder
        .attach(application, MaterialKind::Photo, "image/jpeg", &photo_jpeg(1))
        .await?;
    holder
        .attach(
            application,
            MaterialKind::SignatureImage,
            "image/png",
            &signature_png(1),
        )
        .await?;
    Ok(())
}

/// Attaches what a renewal needs: with the proof of continuing education of the period that ends.
pub async fn attach_for_renewal(holder: &Holder, application: &str) -> Answer<()> {
    attach_for_change(holder, application).await?;
    attach_scans(holder, application, &[MaterialKind::ContinuingEducation]).await
}

/// Attaches what a change of employer needs.
pub async fn attach_for_change(holder: &Holder, application: &str) -> Answer<()> {
    attach_scans(
        holder,
        application,
        &[MaterialKind::ApplicationForm, MaterialKind::LabourContract],
    )
    .await
}

/// Attaches a scan of each kind.
pub async fn attach_scans(holder: &Holder, application: &str, kinds: &[MaterialKind]) -> Answer<()> {
    for kind in kinds {
        holder.attach(application, *kind, "application/pdf", SCAN).await?;
    }
    Ok(())
}
