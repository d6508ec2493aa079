import AsyncHTTPClient
import FileSystem
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// An answer of a server.
struct HTTPAnswer: Sendable {
    let status: Int
    let headers: HTTPHeaders
    let body: [UInt8]
}

/// Sends requests over HTTP, and waits for their answers on the thread that asks.
///
/// What fails on the way, and what a server says is worth it, is tried again, after waits that grow and that chance spreads.
final class HTTPTransport: Sendable {
    private let client: HTTPClient

    /// How often a request is tried.
    static let attempts = 7
    /// The first wait is up to so many milliseconds, each one twice the one before.
    private static let firstWait = 100.0
    private static let longestWait = 10_000.0
    /// The longest answer that is no object: an error, or a list of a thousand names.
    static let longestText = 4 << 20

    /// Prepares connections.
    ///
    /// - Parameters:
    ///   - certificates: a file of authorities; `nil` for the system's.
    ///   - connections: how many there are to one server at most.
    init(certificates: String?, connections: Int) {
        var configuration = HTTPClient.Configuration()
        if let certificates {
            var tls = TLSConfiguration.makeClientConfiguration()
            tls.trustRoots = .file(certificates)
            configuration.tlsConfiguration = tls
        }
        configuration.redirectConfiguration = .disallow
        configuration.httpVersion = .http1Only
        configuration.timeout = .init(connect: .seconds(10), read: .seconds(60))
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = connections
        configuration.connectionPool.retryConnectionEstablishment = false
        client = HTTPClient(eventLoopGroup: MultiThreadedEventLoopGroup.singleton, configuration: configuration)
    }

    deinit { try? client.syncShutdown() }

    /// The seconds since 1970.
    static func now() -> Int64 { fileSystemClock() / 1_000_000_000 }

    /// Sends a request until there is an answer that counts.
    ///
    /// - Parameters:
    ///   - endpoint: what messages call the server.
    ///   - limit: how long the answer's body may be.
    ///   - isTransient: whether an answer says that another try may have another end.
    ///   - request: makes the request anew, since its signature holds for a while only.
    /// - Throws: ``BucketError/unreachable(endpoint:reason:)``, what `request` throws.
    func send(
        to endpoint: String, limit: Int, isTransient: (HTTPAnswer) -> Bool,
        _ request: () throws(BucketError) -> HTTPClient.Request
    ) throws(BucketError) -> HTTPAnswer {
        var reason = ""
        for attempt in 1...Self.attempts {
            var least = 0.0
            switch Self.answer(of: client, try request(), limit: limit) {
            case .success(let answer):
                if attempt == Self.attempts || !isTransient(answer) { return answer }
                least = (answer.headers.first(name: "retry-after").flatMap(Double.init) ?? 0) * 1000
            case .failure(let failure):
                reason = failure.reason
                if !failure.isTransient { throw .unreachable(endpoint: endpoint, reason: reason) }
            }
            if attempt < Self.attempts {
                let most = min(Self.longestWait, Self.firstWait * Double(1 << (attempt - 1)))
                pause(milliseconds: Int(min(Self.longestWait, max(least, Double.random(in: 0...most)))))
            }
        }
        throw .unreachable(endpoint: endpoint, reason: "\(reason), \(Self.attempts) times")
    }

    /// Asks an address that tells of the machine, which answers at once or is not there.
    ///
    /// - Returns: `nil` if nobody is there.
    func metadata(
        _ method: String, _ url: String, _ headers: [(name: String, value: String)]
    ) throws(BucketError) -> HTTPAnswer? {
        let request: HTTPClient.Request
        do {
            request = try HTTPClient.Request(url: url, method: .init(rawValue: method), headers: HTTPHeaders(headers))
        } catch {
            throw .malformedCredentials(source: url, reason: "it is no address")
        }
        return try? Self.answer(of: client, request, limit: 1 << 16, within: .seconds(2)).get()
    }

    private struct Failure: Error {
        let reason: String
        let isTransient: Bool
    }

    private static func answer(
        of client: HTTPClient, _ request: HTTPClient.Request, limit: Int, within time: TimeAmount? = nil
    ) -> Result<HTTPAnswer, Failure> {
        do {
            let response = try client.execute(
                request: request, delegate: ResponseAccumulator(request: request, maxBodySize: limit),
                deadline: time.map { .now() + $0 }
            ).futureResult.wait()
            return .success(
                HTTPAnswer(
                    status: Int(response.status.code), headers: response.headers,
                    body: response.body.map { Array($0.readableBytesView) } ?? []))
        } catch let error as ResponseAccumulator.ResponseTooBigError {
            return .failure(Failure(reason: "it answers with more than \(error.maxBodySize) bytes", isTransient: false))
        } catch let error as NIOSSLError {
            return .failure(Failure(reason: "\(error)", isTransient: false))
        } catch let error as HTTPClientError {
            return .failure(Failure(reason: error.shortDescription, isTransient: true))
        } catch {
            return .failure(Failure(reason: "\(error)", isTransient: true))
        }
    }
}
