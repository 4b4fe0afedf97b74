//! What officers do about imports.

use api::registration::v1 as registration;
use registration::create_import_request::Part;

use super::holder::sm3_hex;
use super::registrar::province_of;
use super::{Answer, Officer, request_id};

/// Bytes of one message of an upload.
const CHUNK: usize = 256 << 10;

impl Officer {
    /// Uploads a file to a province.
    pub async fn upload_import(
        &self,
        province: &str,
        kind: registration::ImportKind,
        file_name: &str,
        file: &[u8],
    ) -> Answer<registration::Import> {
        let header = registration::CreateImportHeader {
            request_id: request_id(),
            kind: kind.into(),
            file_name: file_name.to_owned(),
            digest: sm3_hex(file),
        };
        let mut parts = vec![registration::CreateImportRequest {
            part: Some(Part::Header(header)),
        }];
        parts.extend(file.chunks(CHUNK).map(|chunk| registration::CreateImportRequest {
            part: Some(Part::Chunk(chunk.to_vec().into())),
        }));
        let mut client = self.citizen.door.imports(province);
        let request = self.citizen.request(tokio_stream::iter(parts));
        let answer = client.create_import(request).await?.into_inner();
        Ok(answer.import.unwrap_or_default())
    }

    /// Has the good rows written.
    pub async fn start_import(&self, name: &str) -> Answer<registration::Import> {
        let message = registration::StartImportRequest {
            request_id: request_id(),
            name: name.to_owned(),
        };
        let mut client = self.citizen.door.imports(province_of(name));
        let answer = client.start_import(self.citizen.request(message)).await?;
        Ok(answer.into_inner().import.unwrap_or_default())
    }

    /// How far an import is.
    pub async fn import(&self, name: &str) -> Answer<registration::Import> {
        let message = registration::GetImportRequest {
            name: name.to_owned(),
        };
        let mut client = self.citizen.door.imports(province_of(name));
        let answer = client.get_import(self.citizen.request(message)).await?;
        Ok(answer.into_inner().import.unwrap_or_default())
    }

    /// What was said about rows of an import.
    pub async fn failed_rows(&self, name: &str) -> Answer<Vec<registration::RowReport>> {
        let message = registration::ListFailedRowsRequest {
            import: name.to_owned(),
            page_size: 200,
            page_token: String::new(),
        };
        let mut client = self.citizen.door.imports(province_of(name));
        let answer = client.list_failed_rows(self.citizen.request(message)).await?;
        Ok(answer.into_inner().rows)
    }
}
