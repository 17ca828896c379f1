/* SPDX-License-Identifier: MIT */
/*
 * workunit_want.h - what is kept of each reply: private to workunit.
 *
 * One list for each kind of element.  A row is
 *
 *	X(entry, "name", parent, types, max, times)
 *
 * with `name` to `max` as in struct json_want, and `times` how often the entry
 * can stand in one element: the product of the maxima of the arrays around it.
 * The static asserts of workunit_want.c add the rows up.  All other fields of a
 * reply fly past unseen.
 *
 * The rows are in the order in which the service writes them, which makes
 * look-ups short; an array is followed by its element, and that by its text.
 */
#ifndef WORKUNIT_WANT_H
#define WORKUNIT_WANT_H

#include "base/limits.h"
#include "json/json.h"

/* Begins every table. */
enum {
	WANT_DOCUMENT,
	WANT_NEXT_LINK,
	WANT_LIST,
	WANT_ELEMENT,
	WANT_FIRST /* of the element's own */
};

#define WANT_S JSON_STRING
#define WANT_N JSON_NUMBER
/* Numbers that some writers put between quotes. */
#define WANT_SN (JSON_STRING | JSON_NUMBER)
#define WANT_O  JSON_OBJECT
#define WANT_A  JSON_ARRAY

#define WANT_TEXT   WORKUNIT_TEXT_MAX_BYTES
#define WANT_URL    WORKUNIT_URL_MAX_BYTES
#define WANT_LONG   WORKUNIT_LONG_MAX_BYTES
#define WANT_PATH   WORKUNIT_PATH_MAX_BYTES
#define WANT_NAME   WORKUNIT_NAME_MAX_BYTES
#define WANT_SHORT  WORKUNIT_SHORT_MAX_BYTES
#define WANT_ENUM   WORKUNIT_ENUM_MAX_BYTES
#define WANT_TIME   WORKUNIT_TIME_MAX_BYTES
#define WANT_NUMBER WORKUNIT_NUMBER_MAX_BYTES

/* clang-format off */

/* TOP is the incident itself: an element of a list, or the document. */
#define WANT_INCIDENT_LIST(X, TOP)                                            \
	X(WI_NAME, "name", TOP, WANT_S, WANT_SHORT + 1u, 1)                   \
	X(WI_ETAG, "etag", TOP, WANT_S, 2 * WANT_SHORT, 1)                    \
	X(WI_PROPERTIES, "properties", TOP, WANT_O, 0, 1)                     \
	X(WI_TITLE, "title", WI_PROPERTIES, WANT_S, WANT_TEXT, 1)             \
	X(WI_DESCRIPTION, "description", WI_PROPERTIES, WANT_S,               \
	    WORKUNIT_DESCRIPTION_MAX_BYTES, 1)                                \
	X(WI_SEVERITY, "severity", WI_PROPERTIES, WANT_S, WANT_ENUM, 1)       \
	X(WI_STATUS, "status", WI_PROPERTIES, WANT_S, WANT_ENUM, 1)           \
	X(WI_CLASS, "classification", WI_PROPERTIES, WANT_S, WANT_ENUM, 1)    \
	X(WI_REASON, "classificationReason", WI_PROPERTIES, WANT_S,           \
	    WANT_SHORT, 1)                                                    \
	X(WI_COMMENT, "classificationComment", WI_PROPERTIES, WANT_S,         \
	    WANT_TEXT, 1)                                                     \
	X(WI_OWNER, "owner", WI_PROPERTIES, WANT_O, 0, 1)                     \
	X(WI_OWNER_EMAIL, "email", WI_OWNER, WANT_S, WANT_NAME, 1)            \
	X(WI_OWNER_NAME, "assignedTo", WI_OWNER, WANT_S, WANT_NAME, 1)        \
	X(WI_OWNER_UPN, "userPrincipalName", WI_OWNER, WANT_S, WANT_NAME, 1)  \
	X(WI_LABELS, "labels", WI_PROPERTIES, WANT_A,                         \
	    WORKUNIT_LABEL_MAX_COUNT, 1)                                      \
	X(WI_LABEL, "*", WI_LABELS, WANT_O, 0, WORKUNIT_LABEL_MAX_COUNT)      \
	X(WI_LABEL_NAME, "labelName", WI_LABEL, WANT_S,                       \
	    WORKUNIT_LABEL_MAX_BYTES, WORKUNIT_LABEL_MAX_COUNT)               \
	X(WI_FIRST, "firstActivityTimeUtc", WI_PROPERTIES, WANT_S,            \
	    WANT_TIME, 1)                                                     \
	X(WI_LAST, "lastActivityTimeUtc", WI_PROPERTIES, WANT_S, WANT_TIME, 1) \
	X(WI_MODIFIED, "lastModifiedTimeUtc", WI_PROPERTIES, WANT_S,          \
	    WANT_TIME, 1)                                                     \
	X(WI_CREATED, "createdTimeUtc", WI_PROPERTIES, WANT_S, WANT_TIME, 1)  \
	X(WI_NUMBER, "incidentNumber", WI_PROPERTIES, WANT_SN, WANT_NUMBER, 1) \
	X(WI_DATA, "additionalData", WI_PROPERTIES, WANT_O, 0, 1)             \
	X(WI_ALERTS, "alertsCount", WI_DATA, WANT_N, WANT_NUMBER, 1)          \
	X(WI_BOOKMARKS, "bookmarksCount", WI_DATA, WANT_N, WANT_NUMBER, 1)    \
	X(WI_COMMENTS, "commentsCount", WI_DATA, WANT_N, WANT_NUMBER, 1)      \
	X(WI_PRODUCTS, "alertProductNames", WI_DATA, WANT_A,                  \
	    WORKUNIT_PRODUCT_MAX_COUNT, 1)                                    \
	X(WI_PRODUCT, "*", WI_PRODUCTS, WANT_S, WANT_SHORT,                   \
	    WORKUNIT_PRODUCT_MAX_COUNT)                                       \
	X(WI_TACTICS, "tactics", WI_DATA, WANT_A,                             \
	    WORKUNIT_TACTIC_MAX_COUNT, 1)                                     \
	X(WI_TACTIC, "*", WI_TACTICS, WANT_S, WANT_ENUM,                      \
	    WORKUNIT_TACTIC_MAX_COUNT)                                        \
	X(WI_TECHNIQUES, "techniques", WI_DATA, WANT_A,                       \
	    WORKUNIT_TECHNIQUE_MAX_COUNT, 1)                                  \
	X(WI_TECHNIQUE, "*", WI_TECHNIQUES, WANT_S,                           \
	    WORKUNIT_TECHNIQUE_MAX_BYTES, WORKUNIT_TECHNIQUE_MAX_COUNT)       \
	X(WI_PROVIDER_URL, "providerIncidentUrl", WI_DATA, WANT_S,            \
	    WANT_URL, 1)                                                      \
	X(WI_MERGED, "mergedIncidentNumber", WI_DATA, WANT_SN, WANT_ENUM, 1)  \
	X(WI_RULES, "relatedAnalyticRuleIds", WI_PROPERTIES, WANT_A,          \
	    WORKUNIT_RULE_MAX_COUNT, 1)                                       \
	X(WI_RULE, "*", WI_RULES, WANT_S, WORKUNIT_RULE_MAX_BYTES,            \
	    WORKUNIT_RULE_MAX_COUNT)                                          \
	X(WI_URL, "incidentUrl", WI_PROPERTIES, WANT_S, WANT_URL, 1)          \
	X(WI_PROVIDER, "providerName", WI_PROPERTIES, WANT_S, WANT_SHORT, 1)  \
	X(WI_PROVIDER_ID, "providerIncidentId", WI_PROPERTIES, WANT_S,        \
	    WANT_SHORT, 1)

#define WANT_ALERT_LIST(X, TOP)                                                \
	X(WA_NAME, "name", TOP, WANT_S, WANT_SHORT, 1)                         \
	X(WA_PROPERTIES, "properties", TOP, WANT_O, 0, 1)                      \
	X(WA_ID, "systemAlertId", WA_PROPERTIES, WANT_S, WANT_SHORT, 1)        \
	X(WA_DISPLAY, "alertDisplayName", WA_PROPERTIES, WANT_S,               \
	    WANT_NAME, 1)                                                      \
	X(WA_TYPE, "alertType", WA_PROPERTIES, WANT_S, WANT_NAME, 1)           \
	X(WA_SEVERITY, "severity", WA_PROPERTIES, WANT_S, WANT_ENUM, 1)        \
	X(WA_STATUS, "status", WA_PROPERTIES, WANT_S, WANT_ENUM, 1)            \
	X(WA_PRODUCT, "productName", WA_PROPERTIES, WANT_S,                    \
	    2 * WANT_SHORT, 1)                                                 \
	X(WA_VENDOR, "vendorName", WA_PROPERTIES, WANT_S, WANT_SHORT, 1)       \
	X(WA_STARTED, "startTimeUtc", WA_PROPERTIES, WANT_S, WANT_TIME, 1)     \
	X(WA_ENDED, "endTimeUtc", WA_PROPERTIES, WANT_S, WANT_TIME, 1)         \
	X(WA_GENERATED, "timeGenerated", WA_PROPERTIES, WANT_S, WANT_TIME, 1)  \
	X(WA_COMPROMISED, "compromisedEntity", WA_PROPERTIES, WANT_S,          \
	    WANT_NAME, 1)                                                      \
	X(WA_LINK, "alertLink", WA_PROPERTIES, WANT_S, WANT_URL, 1)            \
	X(WA_TACTICS, "tactics", WA_PROPERTIES, WANT_A,                        \
	    WORKUNIT_TACTIC_MAX_COUNT, 1)                                      \
	X(WA_TACTIC, "*", WA_TACTICS, WANT_S, WANT_ENUM,                       \
	    WORKUNIT_TACTIC_MAX_COUNT)                                         \
	X(WA_TECHNIQUES, "techniques", WA_PROPERTIES, WANT_A,                  \
	    WORKUNIT_TECHNIQUE_MAX_COUNT, 1)                                   \
	X(WA_TECHNIQUE, "*", WA_TECHNIQUES, WANT_S,                            \
	    WORKUNIT_TECHNIQUE_MAX_BYTES, WORKUNIT_TECHNIQUE_MAX_COUNT)

/* The properties of all kinds side by side; an entity has those of its own. */
#define WANT_ENTITY_LIST(X, TOP)                                               \
	X(WE_NAME, "name", TOP, WANT_S, WANT_SHORT, 1)                         \
	X(WE_KIND, "kind", TOP, WANT_S, WANT_SHORT, 1)                         \
	X(WE_PROPERTIES, "properties", TOP, WANT_O, 0, 1)                      \
	X(WE_FRIENDLY, "friendlyName", WE_PROPERTIES, WANT_S, WANT_NAME, 1)    \
	X(WE_ADDRESS, "address", WE_PROPERTIES, WANT_S, WANT_SHORT, 1)         \
	X(WE_LOCATION, "location", WE_PROPERTIES, WANT_O, 0, 1)                \
	X(WE_COUNTRY, "countryCode", WE_LOCATION, WANT_S, WANT_ENUM, 1)        \
	X(WE_CITY, "city", WE_LOCATION, WANT_S, WANT_SHORT, 1)                 \
	X(WE_ASN, "asn", WE_LOCATION, WANT_SN, WANT_NUMBER, 1)                 \
	X(WE_ACCOUNT, "accountName", WE_PROPERTIES, WANT_S, WANT_NAME, 1)      \
	X(WE_UPN_SUFFIX, "upnSuffix", WE_PROPERTIES, WANT_S, WANT_NAME, 1)     \
	X(WE_NT_DOMAIN, "ntDomain", WE_PROPERTIES, WANT_S, WANT_NAME, 1)       \
	X(WE_DNS_DOMAIN, "dnsDomain", WE_PROPERTIES, WANT_S, WANT_NAME, 1)     \
	X(WE_SID, "sid", WE_PROPERTIES, WANT_S, WANT_NAME, 1)                  \
	X(WE_AAD_USER, "aadUserId", WE_PROPERTIES, WANT_S, WANT_SHORT, 1)      \
	X(WE_OBJECT_GUID, "objectGuid", WE_PROPERTIES, WANT_S, WANT_SHORT, 1)  \
	X(WE_DISPLAY, "displayName", WE_PROPERTIES, WANT_S, WANT_NAME, 1)      \
	X(WE_HOST, "hostName", WE_PROPERTIES, WANT_S, WANT_NAME, 1)            \
	X(WE_NET_BIOS, "netBiosName", WE_PROPERTIES, WANT_S, WANT_NAME, 1)     \
	X(WE_OS_FAMILY, "osFamily", WE_PROPERTIES, WANT_S, WANT_ENUM, 1)       \
	X(WE_OS_VERSION, "osVersion", WE_PROPERTIES, WANT_S, WANT_NAME, 1)     \
	X(WE_AZURE_ID, "azureID", WE_PROPERTIES, WANT_S, WANT_PATH, 1)         \
	X(WE_DEVICE, "deviceName", WE_PROPERTIES, WANT_S, WANT_NAME, 1)        \
	X(WE_DEVICE_ID, "deviceId", WE_PROPERTIES, WANT_S, WANT_NAME, 1)       \
	X(WE_DEVICE_OS, "operatingSystem", WE_PROPERTIES, WANT_S,              \
	    WANT_NAME, 1)                                                      \
	X(WE_DOMAIN, "domainName", WE_PROPERTIES, WANT_S, WANT_NAME, 1)        \
	X(WE_URL, "url", WE_PROPERTIES, WANT_S, WANT_LONG, 1)                  \
	X(WE_SUBJECT, "subject", WE_PROPERTIES, WANT_S, WANT_PATH, 1)          \
	X(WE_P2_SENDER, "p2Sender", WE_PROPERTIES, WANT_S, WANT_NAME, 1)       \
	X(WE_P1_SENDER, "p1Sender", WE_PROPERTIES, WANT_S, WANT_NAME, 1)       \
	X(WE_RECIPIENT, "recipient", WE_PROPERTIES, WANT_S, WANT_TEXT, 1)      \
	X(WE_INTERNET_ID, "internetMessageId", WE_PROPERTIES, WANT_S,          \
	    WANT_NAME, 1)                                                      \
	X(WE_NETWORK_ID, "networkMessageId", WE_PROPERTIES, WANT_S,            \
	    WANT_SHORT, 1)                                                     \
	X(WE_SENDER_IP, "senderIP", WE_PROPERTIES, WANT_S, WANT_SHORT, 1)      \
	X(WE_DELIVERY, "deliveryAction", WE_PROPERTIES, WANT_S, WANT_ENUM, 1)  \
	X(WE_SENDER, "sender", WE_PROPERTIES, WANT_S, WANT_NAME, 1)            \
	X(WE_SUBMIT_IP, "senderIp", WE_PROPERTIES, WANT_S, WANT_SHORT, 1)      \
	X(WE_MAILBOX, "mailboxPrimaryAddress", WE_PROPERTIES, WANT_S,          \
	    WANT_NAME, 1)                                                      \
	X(WE_UPN, "upn", WE_PROPERTIES, WANT_S, WANT_NAME, 1)                  \
	X(WE_FILE, "fileName", WE_PROPERTIES, WANT_S, WANT_NAME, 1)            \
	X(WE_DIRECTORY, "directory", WE_PROPERTIES, WANT_S, WANT_PATH, 1)      \
	X(WE_ALGORITHM, "algorithm", WE_PROPERTIES, WANT_S, WANT_ENUM, 1)      \
	X(WE_HASH, "hashValue", WE_PROPERTIES, WANT_S, WANT_NAME, 1)           \
	X(WE_PROCESS, "processId", WE_PROPERTIES, WANT_SN, WANT_ENUM, 1)       \
	X(WE_COMMAND, "commandLine", WE_PROPERTIES, WANT_S, WANT_LONG, 1)      \
	X(WE_STARTED, "creationTimeUtc", WE_PROPERTIES, WANT_S, WANT_TIME, 1)  \
	X(WE_HIVE, "hive", WE_PROPERTIES, WANT_S, WANT_SHORT, 1)               \
	X(WE_KEY, "key", WE_PROPERTIES, WANT_S, WANT_PATH, 1)                  \
	X(WE_VALUE_NAME, "valueName", WE_PROPERTIES, WANT_S, WANT_NAME, 1)     \
	X(WE_VALUE_TYPE, "valueType", WE_PROPERTIES, WANT_S, WANT_ENUM, 1)     \
	X(WE_VALUE_DATA, "valueData", WE_PROPERTIES, WANT_S, WANT_TEXT, 1)     \
	X(WE_RESOURCE, "resourceId", WE_PROPERTIES, WANT_S, WANT_PATH, 1)      \
	X(WE_APP, "appName", WE_PROPERTIES, WANT_S, WANT_NAME, 1)              \
	X(WE_APP_ID, "appId", WE_PROPERTIES, WANT_SN, WANT_NUMBER, 1)          \
	X(WE_INSTANCE, "instanceName", WE_PROPERTIES, WANT_S, WANT_NAME, 1)    \
	X(WE_MALWARE, "malwareName", WE_PROPERTIES, WANT_S, WANT_NAME, 1)      \
	X(WE_CATEGORY, "category", WE_PROPERTIES, WANT_S, WANT_SHORT, 1)

#define WANT_COMMENT_LIST(X, TOP)                                              \
	X(WC_NAME, "name", TOP, WANT_S, WANT_SHORT, 1)                         \
	X(WC_PROPERTIES, "properties", TOP, WANT_O, 0, 1)                      \
	X(WC_MESSAGE, "message", WC_PROPERTIES, WANT_S, WANT_TEXT, 1)          \
	X(WC_CREATED, "createdTimeUtc", WC_PROPERTIES, WANT_S, WANT_TIME, 1)

/* clang-format on */

#define WANT_ENTRY(entry, name, parent, types, max, times) entry,

enum {
	WI_BEFORE = WANT_FIRST - 1,
	WANT_INCIDENT_LIST(WANT_ENTRY, WANT_ELEMENT) WI_COUNT
};
enum {
	WA_BEFORE = WANT_FIRST - 1,
	WANT_ALERT_LIST(WANT_ENTRY, WANT_ELEMENT) WA_COUNT
};
enum {
	WE_BEFORE = WANT_FIRST - 1,
	WANT_ENTITY_LIST(WANT_ENTRY, WANT_ELEMENT) WE_COUNT
};
enum {
	WC_BEFORE = WANT_FIRST - 1,
	WANT_COMMENT_LIST(WANT_ENTRY, WANT_ELEMENT) WC_COUNT
};

#endif
