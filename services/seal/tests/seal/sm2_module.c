/*
 * A PKCS#11 module of one token with one SM2 key, over OpenSSL 3: what a vendor's module looks like from outside.
 * Two vendor mechanisms sign a digest: 0x80000301 answers r||s, 0x80000302 answers DER.
 * Built by module.rs:  gcc -shared -fPIC -DKEY_FILE="..." -DKEY_LABEL="..." sm2_module.c -lcrypto
 */
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>

typedef unsigned long ulong;
typedef struct { unsigned char major, minor; } version;
typedef struct { ulong type; void *value; ulong length; } attribute;
typedef struct { ulong mechanism; void *parameter; ulong length; } mechanism;
typedef struct {
    unsigned char label[32], manufacturer[32], model[16], serial[16];
    ulong flags, counts[10];
    version hardware, firmware;
    unsigned char time[16];
} token_info;
typedef struct { version v; void *f[68]; } function_list;

enum { OK = 0, ARGUMENTS_BAD = 7, NOT_SUPPORTED = 0x54, MECHANISM_INVALID = 0x70, BUFFER_TOO_SMALL = 0x150,
       PIN_INCORRECT = 0xA0, GENERAL_ERROR = 5, ALREADY_INITIALIZED = 0x191, NOT_LOGGED_IN = 0x101 };

static EVP_PKEY *key;
static int logged_in, searching, found, raw;

static ulong unsupported(void) { return NOT_SUPPORTED; }

static ulong initialize(void *arguments) {
    (void)arguments;
    if (key) return ALREADY_INITIALIZED;
    FILE *file = fopen(KEY_FILE, "r");
    if (!file) return GENERAL_ERROR;
    key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
    fclose(file);
    return key ? OK : GENERAL_ERROR;
}
static ulong finalize(void *reserved) { (void)reserved; return OK; }
static ulong get_slot_list(unsigned char present, ulong *slots, ulong *count) {
    (void)present;
    if (slots) slots[0] = 1;
    *count = 1;
    return OK;
}
static ulong get_token_info(ulong slot, token_info *info) {
    (void)slot;
    memset(info, ' ', sizeof *info);
    memcpy(info->label, "sm2-token", 9);
    memset(&info->flags, 0, sizeof info->flags + sizeof info->counts + 2 * sizeof(version));
    info->flags = 0x400 | 0x4 | 0x8;
    return OK;
}
static ulong open_session(ulong slot, ulong flags, void *application, void *notify, ulong *session) {
    (void)slot; (void)flags; (void)application; (void)notify;
    *session = 7;
    return OK;
}
static ulong close_session(ulong session) { (void)session; return OK; }
static ulong login(ulong session, ulong user, unsigned char *pin, ulong length) {
    (void)session; (void)user;
    if (length != 6 || memcmp(pin, "123456", 6)) return PIN_INCORRECT;
    logged_in = 1;
    return OK;
}
static ulong find_objects_init(ulong session, attribute *template, ulong count) {
    (void)session;
    searching = 1; found = 1;
    for (ulong i = 0; i < count; i++) {
        if (template[i].type == 0 && *(ulong *)template[i].value != 3) found = 0;
        if (template[i].type == 3 && (template[i].length != strlen(KEY_LABEL)
            || memcmp(template[i].value, KEY_LABEL, template[i].length))) found = 0;
    }
    return OK;
}
static ulong find_objects(ulong session, ulong *objects, ulong most, ulong *count) {
    (void)session;
    *count = (searching && found && most) ? 1 : 0;
    if (*count) objects[0] = 42;
    searching = 0;
    return OK;
}
static ulong find_objects_final(ulong session) { (void)session; return OK; }
static ulong sign_init(ulong session, mechanism *m, ulong object) {
    (void)session; (void)object;
    if (!logged_in) return NOT_LOGGED_IN;
    if (m->mechanism != 0x80000301UL && m->mechanism != 0x80000302UL) return MECHANISM_INVALID;
    raw = m->mechanism == 0x80000301UL;
    return OK;
}
static ulong sign(ulong session, unsigned char *digest, ulong digest_length, unsigned char *out, ulong *length) {
    (void)session;
    if (digest_length != 32) return ARGUMENTS_BAD;
    if (!out) { *length = raw ? 64 : 72; return OK; }
    if (*length < (raw ? 64UL : 72UL)) return BUFFER_TOO_SMALL;
    unsigned char der[128];
    size_t der_length = sizeof der;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
    int done = context && EVP_PKEY_sign_init(context) > 0
        && EVP_PKEY_sign(context, der, &der_length, digest, digest_length) > 0;
    EVP_PKEY_CTX_free(context);
    if (!done) return GENERAL_ERROR;
    if (!raw) {
        memcpy(out, der, der_length);
        *length = der_length;
        return OK;
    }
    const unsigned char *at = der;
    ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &at, (long)der_length);
    if (!pair) return GENERAL_ERROR;
    BN_bn2binpad(ECDSA_SIG_get0_r(pair), out, 32);
    BN_bn2binpad(ECDSA_SIG_get0_s(pair), out + 32, 32);
    ECDSA_SIG_free(pair);
    *length = 64;
    return OK;
}

static function_list list;

ulong C_GetFunctionList(function_list **out) {
    list.v = (version){2, 40};
    for (int i = 0; i < 68; i++) list.f[i] = (void *)unsupported;
    list.f[0] = (void *)initialize;
    list.f[1] = (void *)finalize;
    list.f[3] = (void *)C_GetFunctionList;
    list.f[4] = (void *)get_slot_list;
    list.f[6] = (void *)get_token_info;
    list.f[12] = (void *)open_session;
    list.f[13] = (void *)close_session;
    list.f[18] = (void *)login;
    list.f[26] = (void *)find_objects_init;
    list.f[27] = (void *)find_objects;
    list.f[28] = (void *)find_objects_final;
    list.f[42] = (void *)sign_init;
    list.f[43] = (void *)sign;
    *out = &list;
    return OK;
}
