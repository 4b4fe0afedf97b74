-- Whoever imports a register asks for people by their documents, a thousand at a time; so does whoever looks for one.
CREATE INDEX person_document ON registration.person (document_index);
