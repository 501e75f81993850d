// libcrypto of OpenSSL 3 as Debian packages it (libssl-dev).
#include <openssl/evp.h>
#include <openssl/hmac.h>
