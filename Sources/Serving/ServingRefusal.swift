import OnlineStore
import TextFormats

/// Why a request gets no answer: a status of HTTP and what the body says.
///
/// A body that is not as it should be is told as Feast's server, which stands on FastAPI, tells it: a list that names the
/// place.
package struct ServingRefusal: Error, Sendable {
    /// The status of HTTP.
    package let status: Int
    /// What is wrong, in one line.
    package let reason: String
    /// Where in the body it is wrong: keys, and numbers of elements; `nil` if it is not about the body's form.
    package let place: [String]?
    /// After how many seconds it makes sense to ask again.
    package let retryAfter: Int?
    /// Whether the store has not answered, so that the service's policy decides what is.
    package let isOutage: Bool
    /// The method that is allowed, where another was used.
    package let allowed: String?
    /// The vectors for whose sake a service answers nothing.
    package let stale: [StaleCount]

    package init(
        _ status: Int, _ reason: String, place: [String]? = nil, retryAfter: Int? = nil, isOutage: Bool = false,
        allowed: String? = nil, stale: [StaleCount] = []
    ) {
        (self.status, self.reason, self.place) = (status, reason, place)
        (self.retryAfter, self.isOutage, self.allowed, self.stale) = (retryAfter, isOutage, allowed, stale)
    }

    /// A body that is not as it should be.
    static func invalid(_ place: [String], _ reason: String) -> ServingRefusal {
        ServingRefusal(422, reason, place: place)
    }

    /// What the body of the response says.
    package var json: JSON {
        var object = JSONObject()
        if let place {
            var detail = JSONObject()
            detail["type"] = .string("value_error")
            detail["loc"] = JSON(["body"] + place) { part in
                Int64(part).map { .integer($0) } ?? .string(part)
            }
            detail["msg"] = .string(reason)
            object["detail"] = .array([.object(detail)])
        } else {
            object["detail"] = .string(reason)
        }
        return .object(object)
    }
}
