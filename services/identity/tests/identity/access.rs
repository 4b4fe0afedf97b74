//! Roles and backends: who may grant what, and what a backend gets.

use std::time::Duration;

use api::identity::v1 as wire;

use crate::world::{
    JIANGSU, OPERATOR, PLATFORM, PORTAL, VERIFICATION, World, claims, grant_request, id, reason, with_token,
};

#[tokio::test]
async fn the_operator_names_administrators_and_administrators_name_officers_after_step_up() {
    let (world, [mut administrator, mut officer]) = World::with([1, 2]).await;
    let mut operator = world.door(OPERATOR).access();
    let officers = grant_request(&officer.account.name, wire::Role::Officer, "provinces/32");
    assert_eq!(
        reason(operator.grant_role(officers.clone()).await),
        "CALLER_NOT_ALLOWED"
    );
    let mut portal = world.door(PORTAL).access();
    assert_eq!(
        reason(portal.grant_role(officers.clone()).await),
        "CALLER_NOT_ALLOWED"
    );
    assert_eq!(
        reason(portal.grant_role(administrator.says(officers.clone())).await),
        "CALLER_NOT_ALLOWED"
    );

    let appointment = grant_request(&administrator.account.name, wire::Role::NationalAdministrator, "");
    let granted = operator
        .grant_role(appointment.clone())
        .await
        .expect("appointed")
        .into_inner();
    let repeated = operator
        .grant_role(appointment)
        .await
        .expect("repeated")
        .into_inner();
    assert_eq!(granted, repeated);
    administrator.sign_in(&world, &["nation"]).await;
    assert_eq!(
        reason(portal.grant_role(administrator.says(officers.clone())).await),
        "STEP_UP_REQUIRED"
    );
    administrator.step_up(&world).await;
    let grant = portal
        .grant_role(administrator.says(officers.clone()))
        .await
        .expect("granted")
        .into_inner();
    let grant = grant.grant.expect("a grant");
    assert_eq!(grant.authority, "provinces/32");
    let twice = wire::GrantRoleRequest {
        request_id: id(),
        ..officers
    };
    assert_eq!(
        reason(portal.grant_role(administrator.says(twice)).await),
        "ALREADY_EXISTS"
    );

    officer.sign_in(&world, &["provinces/32", "nation"]).await;
    let claims = officer.claims();
    assert_eq!(claims["kind"], "officer");
    let role = serde_json::json!({ "role": "OFFICER", "authority": "provinces/32", "province": "32" });
    assert_eq!(claims["roles"], serde_json::json!([role]));

    let revocation = wire::RevokeRoleRequest {
        request_id: id(),
        name: grant.name,
    };
    let ended = portal
        .revoke_role(administrator.says(revocation))
        .await
        .expect("revoked")
        .into_inner();
    assert!(ended.grant.expect("a grant").revoked_at.is_some());
    let own = wire::GetAccountRequest {
        name: "accounts/me".to_owned(),
    };
    let refused = world.door(PORTAL).accounts().get_account(officer.says(own)).await;
    assert_eq!(reason(refused), "TOKEN_INVALID", "tokens with the role are dead");
}

#[tokio::test]
async fn a_step_up_is_good_for_five_minutes() {
    let (world, [mut administrator, officer]) = World::with([1, 2]).await;
    world.appoint(&mut administrator).await;
    world.advance(Duration::from_secs(290));
    let renewal = wire::RefreshSessionRequest {
        request_id: id(),
        refresh_token: administrator.refresh_token.clone(),
    };
    let renewed = world
        .door(PORTAL)
        .sessions()
        .refresh_session(renewal)
        .await
        .expect("renewed");
    administrator.keep(renewed.into_inner().tokens);
    world.advance(Duration::from_secs(20));
    let officers = grant_request(&officer.account.name, wire::Role::Officer, "ministry");
    let late = world
        .door(PORTAL)
        .access()
        .grant_role(administrator.says(officers))
        .await;
    assert_eq!(reason(late), "STEP_UP_REQUIRED");
}

#[tokio::test]
async fn only_known_authorities_and_active_accounts_get_roles() {
    let (world, [mut administrator, officer]) = World::with([1, 2]).await;
    world.appoint(&mut administrator).await;
    let mut portal = world.door(PORTAL).access();
    for unknown in [
        "",
        "nation",
        "provinces/98",
        "ministries/agriculture",
        "province/32",
    ] {
        let request = grant_request(&officer.account.name, wire::Role::Officer, unknown);
        assert_eq!(
            reason(portal.grant_role(administrator.says(request)).await),
            "AUTHORITY_UNKNOWN",
            "{unknown}"
        );
    }
    for known in [
        "ministry",
        "ministries/railways",
        "ministries/transport",
        "ministries/water-resources",
        "ministries/industry-and-information",
        "ministries/civil-aviation",
    ] {
        let request = grant_request(&officer.account.name, wire::Role::Officer, known);
        portal.grant_role(administrator.says(request)).await.expect(known);
    }
    let nobody = grant_request(&format!("accounts/{}", id()), wire::Role::Officer, "ministry");
    assert_eq!(
        reason(portal.grant_role(administrator.says(nobody)).await),
        "NOT_FOUND"
    );
    let all = wire::ListGrantsRequest {
        page_size: 4,
        ..Default::default()
    };
    let page = portal
        .list_grants(administrator.says(all.clone()))
        .await
        .expect("a page")
        .into_inner();
    assert_eq!(page.grants.len(), 4);
    let rest = wire::ListGrantsRequest {
        page_token: page.next_page_token,
        ..all.clone()
    };
    let rest = portal
        .list_grants(administrator.says(rest))
        .await
        .expect("a page")
        .into_inner();
    assert_eq!((rest.grants.len(), rest.next_page_token.as_str()), (3, ""));
    assert_eq!(
        reason(portal.list_grants(officer.says(all)).await),
        "PERMISSION_DENIED"
    );
}

#[tokio::test]
async fn a_registered_backend_gets_a_short_token_for_its_own_scopes_and_nobody_else_does() {
    let (world, [mut administrator]) = World::with([1]).await;
    world.appoint(&mut administrator).await;
    let mut platform = world.door(PLATFORM).access();
    let all = wire::IssueClientTokenRequest {
        audiences: vec!["nation".to_owned()],
        scopes: Vec::new(),
    };
    assert_eq!(
        reason(platform.issue_client_token(all.clone()).await),
        "CLIENT_NOT_REGISTERED"
    );
    let registration = |client_id: &str| wire::RegisterClientRequest {
        request_id: id(),
        client_id: client_id.to_owned(),
        title: "样本招标投标平台".to_owned(),
        scopes: vec!["verify:document-number".to_owned(), "copies".to_owned()],
    };
    let mut portal = world.door(PORTAL).access();
    let malformed = portal
        .register_client(administrator.says(registration("Bidding Platform")))
        .await;
    assert_eq!(reason(malformed), "INVALID_ARGUMENT");
    let client = portal
        .register_client(administrator.says(registration("bidding-platform")))
        .await;
    assert_eq!(
        client
            .expect("registered")
            .into_inner()
            .client
            .expect("a client")
            .name,
        "clients/bidding-platform"
    );
    let twice = portal
        .register_client(administrator.says(registration("bidding-platform")))
        .await;
    assert_eq!(reason(twice), "ALREADY_EXISTS");

    let issued = platform
        .issue_client_token(all.clone())
        .await
        .expect("issued")
        .into_inner();
    assert_eq!(issued.scopes, ["verify:document-number", "copies"]);
    let claims = claims(&issued.access_token);
    assert_eq!(
        (claims["sub"].as_str(), claims["kind"].as_str()),
        (Some("bidding-platform"), Some("client"))
    );
    assert!(claims["exp"].as_i64() <= claims["iat"].as_i64().map(|at| at + 300));
    assert!(claims.get("person").is_none());
    let fewer = wire::IssueClientTokenRequest {
        scopes: vec!["copies".to_owned()],
        ..all.clone()
    };
    assert_eq!(
        platform
            .issue_client_token(fewer)
            .await
            .expect("issued")
            .into_inner()
            .scopes,
        ["copies"]
    );
    let more = wire::IssueClientTokenRequest {
        scopes: vec!["admin".to_owned()],
        ..all
    };
    assert_eq!(
        reason(platform.issue_client_token(more).await),
        "SCOPE_NOT_GRANTED"
    );
    // A backend's token opens nothing that is a person's.
    let own = wire::GetAccountRequest {
        name: "accounts/me".to_owned(),
    };
    let refused = world
        .door(PLATFORM)
        .accounts()
        .get_account(with_token(own, &issued.access_token))
        .await;
    assert_eq!(reason(refused), "CALLER_NOT_ALLOWED");
}

#[tokio::test]
async fn services_fetch_the_public_keys_and_only_they_watch_revocations() {
    let world = World::start().await;
    for identity in [VERIFICATION, JIANGSU, PORTAL] {
        let answer = world
            .door(identity)
            .access()
            .get_key_set(wire::GetKeySetRequest {})
            .await
            .expect("public");
        let jwks: serde_json::Value = serde_json::from_str(&answer.into_inner().jwks).expect("JSON");
        assert_eq!(jwks["keys"][0]["kid"], "2026-01");
        assert!(jwks["keys"][0].get("d").is_none(), "no private half");
    }
    let watching = wire::WatchRevocationsRequest { after: 0 };
    let refused = world.door(PORTAL).access().watch_revocations(watching).await;
    assert_eq!(reason(refused.map(|_| ())), "CALLER_NOT_ALLOWED");
}
