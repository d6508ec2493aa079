import Features
import Hummingbird
import NIOCore
import OnlineStore
import TextFormats

/// Answers requests: finds what is asked for, checks who asks, and has a thread of the queue do what blocks.
struct FeatureResponder: HTTPResponder {
    /// Nothing is kept of a request besides what it says.
    struct Context: InitializableFromSource {
        init(source: ApplicationRequestContextSource) {}
    }

    let features: ServedFeatures
    let settings: ServerSettings
    let queue: StorageQueue
    let log: ServingLog
    let recorder: AnswerRecorder?
    private let metrics = ServingMetrics()

    /// How long the store may take to say how it does.
    private static let storePatience = Duration.seconds(1)

    init(
        _ features: ServedFeatures, _ settings: ServerSettings, _ queue: StorageQueue, _ log: ServingLog,
        _ recorder: AnswerRecorder?
    ) {
        (self.features, self.settings, self.queue, self.log) = (features, settings, queue, log)
        self.recorder = recorder
    }

    /// Answers a request, whatever it is.
    ///
    /// - Throws: only what keeps the request from being read: its sender has gone, or speaks no HTTP.
    func respond(to request: Request, context: Context) async throws -> Response {
        let start = ContinuousClock.now
        let route = ServingRoute(rawValue: request.uri.path)
        var (response, reason): (Response, String?)
        do {
            (response, reason) = (try await answer(request, route), nil)
        } catch let refusal as ServingRefusal {
            (response, reason) = (Self.response(refusal), refusal.reason)
        }
        let (whole, rest) = (ContinuousClock.now - start).components
        let seconds = Double(whole) + Double(rest) * 1e-18
        let name = route?.rawValue ?? "other"
        metrics.countRequest(name, status: response.status.code, seconds: seconds)
        if settings.logsRequests || response.status.code >= 500 {
            var line = JSONObject()
            line["method"] = .string(request.method.rawValue)
            line["path"] = .string(request.uri.path)
            line["status"] = JSON(response.status.code)
            line["seconds"] = .number(seconds)
            if let reason { line["reason"] = .string(reason) }
            log.write(response.status.code >= 500 ? .error : .info, line)
        }
        return response
    }

    private func answer(_ request: Request, _ route: ServingRoute?) async throws -> Response {
        guard let route else {
            let known = ServingRoute.allCases.map(\.rawValue).joined(separator: ", ")
            throw ServingRefusal(404, "There is no '\(request.uri.path)' here; there are \(known)")
        }
        guard request.method == route.method else {
            throw ServingRefusal(405, "Ask by \(route.method.rawValue)", allowed: route.method.rawValue)
        }
        try authorize(request, route)
        switch route {
        case .health: return Self.response(.object(Self.status("ok")))
        case .description: return Response(status: .ok, headers: Self.jsonHeaders, body: Self.description)
        case .ready:
            try await queue.probe(within: Self.storePatience) { () throws(ServingRefusal) in
                try features.checkReadiness()
            }
            return Self.response(.object(Self.status("ready")))
        case .metrics: return try await metricsResponse()
        case .features: return try await featuresResponse(try await body(request))
        case .push: return try await pushResponse(try await body(request))
        }
    }

    // MARK: Routes

    private func featuresResponse(_ body: ByteBuffer) async throws -> Response {
        let refusal: ServingRefusal
        do {
            let (json, stalePolicy) = try await queue.run(within: settings.patience) { () throws(ServingRefusal) in
                let question = try FeatureQuestion(body.readableBytesView, settings.limits)
                let served = try counting({ () throws(ServingRefusal) in try features.answer(question) }) { $0 }
                recorder?.keep(served, at: microsecondsNow())
                return (AnswerWriter.json(served), served.stalePolicy)
            }
            return Response(
                status: .ok, headers: Self.headers(stalePolicy), body: ResponseBody(byteBuffer: json))
        } catch let error as ServingRefusal where error.isOutage {
            refusal = error
        }
        let question = try FeatureQuestion(body.readableBytesView, settings.limits)
        let remembered = try counting({ () throws(ServingRefusal) in try features.answerWithoutStore(question) }) { $0 }
        guard let served = remembered else { throw refusal }
        let policy = served.plan.plan.service.onOutage
        metrics.countOutage(policy)
        var line = JSONObject()
        line["service"] = .string(served.plan.plan.service.name)
        line["answered"] = .string(policy.rawValue)
        line["reason"] = .string(refusal.reason)
        log.write(.warning, line)
        var headers = Self.headers(served.stalePolicy)
        if let name = HTTPFields.Element.Name(Self.outageField) { headers[name] = policy.rawValue }
        return Response(
            status: .ok, headers: headers, body: ResponseBody(byteBuffer: AnswerWriter.json(served)))
    }

    /// Finds an answer, and counts what it says, or the vectors for whose sake it says nothing.
    private func counting<Answer>(
        _ answer: () throws(ServingRefusal) -> Answer, _ served: (Answer) -> ServedAnswer?
    ) throws(ServingRefusal) -> Answer {
        do {
            let answer = try answer()
            if let served = served(answer) { metrics.count(served) }
            return answer
        } catch {
            metrics.countStale(error.stale, .error)
            throw error
        }
    }

    private func pushResponse(_ body: ByteBuffer) async throws -> Response {
        let outcome = try await queue.run(within: settings.patience) { () throws(ServingRefusal) in
            let outcome = try features.push(try PushedRows(body.readableBytesView, settings.limits))
            metrics.countPush(outcome.rows)
            return outcome
        }
        var object = JSONObject()
        object["rows"] = JSON(outcome.rows)
        object["views"] = JSON(outcome.views) { .string($0) }
        object["written"] = JSON(outcome.entities)
        return Self.response(.object(object))
    }

    private func metricsResponse() async throws -> Response {
        // Without the store there are still the server's own counts.
        let views = try? await queue.probe(within: Self.storePatience) { () throws(ServingRefusal) in
            try features.filledViews()
        }
        let text = metrics.text(views, waiting: queue.waiting, recorder, now: microsecondsNow())
        return Response(
            status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }

    // MARK: Requests

    private func authorize(_ request: Request, _ route: ServingRoute) throws(ServingRefusal) {
        guard let tokens = settings.tokens, let scope = route.scope else { return }
        guard let scopes = tokens.scopes(authorization: request.headers[.authorization]) else {
            throw ServingRefusal(401, "Send the field 'Authorization: Bearer TOKEN' with a token that is known")
        }
        guard scopes.contains(scope) else {
            throw ServingRefusal(403, "The token is not good for '\(scope.rawValue)'")
        }
    }

    private func body(_ request: Request) async throws -> ByteBuffer {
        // What a page of another site can have a browser send without asking is none of JSON.
        let type = request.headers[.contentType] ?? ""
        guard type.lowercased().hasPrefix("application/json") else {
            throw ServingRefusal(415, "Send the field 'Content-Type: application/json'")
        }
        let tooLarge = ServingRefusal(413, "The body has more than \(settings.limits.bodyBytes) bytes")
        if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > settings.limits.bodyBytes {
            throw tooLarge
        }
        do {
            return try await request.body.collect(upTo: settings.limits.bodyBytes)
        } catch is NIOTooManyBytesError {
            throw tooLarge
        }
    }

    // MARK: Responses

    /// The field of an answer without the store, which names the policy.
    private static let outageField = "Vintage-Outage"
    /// The field of an answer with stale vectors, which names the policy.
    private static let staleField = "Vintage-Stale-Embeddings"
    private static let jsonHeaders: HTTPFields = [.contentType: "application/json"]
    private static let description = ResponseBody(
        byteBuffer: ByteBuffer(bytes: PackageResources.openapi_json))

    /// The fields of an answer.
    ///
    /// - Parameter stale: the policy by which it was given, if vectors in it are stale.
    private static func headers(_ stale: FeatureService.StaleEmbeddingPolicy?) -> HTTPFields {
        var headers = jsonHeaders
        if let stale, let name = HTTPFields.Element.Name(staleField) { headers[name] = stale.rawValue }
        return headers
    }

    private static func status(_ text: String) -> JSONObject {
        var object = JSONObject()
        object["status"] = .string(text)
        return object
    }

    private static func response(_ json: JSON) -> Response {
        Response(
            status: .ok, headers: jsonHeaders, body: ResponseBody(byteBuffer: ByteBuffer(string: json.line)))
    }

    private static func response(_ refusal: ServingRefusal) -> Response {
        var headers = jsonHeaders
        if let seconds = refusal.retryAfter { headers[.retryAfter] = "\(seconds)" }
        if let method = refusal.allowed { headers[.allow] = method }
        if refusal.status == 401 { headers[.wwwAuthenticate] = "Bearer" }
        return Response(
            status: HTTPResponse.Status(code: refusal.status), headers: headers,
            body: ResponseBody(byteBuffer: ByteBuffer(string: refusal.json.line)))
    }
}
