import Dispatch
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
import NIOCore
import NIOSSL
import ServiceLifecycle
import Synchronization

import protocol Workspace.ErrorWithExitStatus
import enum Workspace.ExitStatus

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A server that answers what the features of entities are, over HTTP, in the form of Feast's.
///
///     let server = try FeatureServer(ServedFeatures(definitions, storage), ServerSettings())
///     try server.serve { address in print("listening on \(address)") }
///
/// It serves until the process is asked to end: then it accepts nothing more and ends what it has begun.
package struct FeatureServer {
    private let responder: FeatureResponder
    private let settings: ServerSettings
    private let queue: StorageQueue
    private let log = ServingLog()
    private let recorder: AnswerRecorder?
    private let tls: TLSConfiguration?

    /// How long requests may take to end once the process is asked to.
    private static let patience = Duration.seconds(30)
    /// How many files and sockets there are besides those of clients.
    private static let filesOfItsOwn = 256

    /// Prepares a server.
    ///
    /// - Throws: ``ServerFailure`` if the certificate or its key is none.
    package init(_ features: ServedFeatures, _ settings: ServerSettings) throws(ServerFailure) {
        self.settings = settings
        queue = StorageQueue(threads: settings.limits.threads, most: settings.limits.waiting)
        recorder = settings.record.map { AnswerRecorder($0.folder, share: $0.share) }
        responder = FeatureResponder(features, settings, queue, log, recorder)
        do {
            tls = try settings.identity.map { identity in
                TLSConfiguration.makeServerConfiguration(
                    certificateChain: try NIOSSLCertificate.fromPEMBytes(identity.certificates)
                        .map { .certificate($0) },
                    privateKey: .privateKey(try NIOSSLPrivateKey(bytes: identity.key, format: .pem)))
            }
            if let tls { _ = try NIOSSLContext(configuration: tls) }
        } catch {
            throw .identity(reason: "\(error)")
        }
    }

    /// Serves until the process gets the signal to end or an interrupt. Blocks the thread.
    ///
    /// - Parameter onListening: is told the address once connections are accepted.
    /// - Throws: ``ServerFailure`` if it cannot listen there.
    package func serve(_ onListening: @escaping @Sendable (String) -> Void) throws {
        // A client that has gone is an error of its connection, not the end of the process.
        signal(SIGPIPE, SIG_IGN)
        Self.allowFiles(settings.limits.connections + Self.filesOfItsOwn)
        let (done, outcome) = (DispatchSemaphore(value: 0), Outcome())
        Task.detached {
            do {
                try await run(onListening)
            } catch {
                outcome.failure.withLock { $0 = error }
            }
            done.signal()
        }
        done.wait()
        if let failure = outcome.failure.withLock({ $0 }) { throw failure }
    }

    /// Has the system allow so many open files, or as many as it can: shells often allow 1024, and a connection is one.
    private static func allowFiles(_ count: Int) {
        #if canImport(Glibc)
            let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        #else
            let resource = RLIMIT_NOFILE
        #endif
        var limit = rlimit()
        guard getrlimit(resource, &limit) == 0, limit.rlim_cur < rlim_t(count) else { return }
        limit.rlim_cur = min(rlim_t(count), limit.rlim_max)
        setrlimit(resource, &limit)
    }

    private final class Outcome: Sendable {
        let failure = Mutex<(any Error)?>(nil)
    }

    private func run(_ onListening: @escaping @Sendable (String) -> Void) async throws {
        let base = HTTPServerBuilder.http1(
            configuration: HTTP1Channel.Configuration(idleTimeout: .seconds(settings.limits.idleSeconds)))
        let connections = MaximumAvailableConnections(settings.limits.connections)
        let application = Application(
            responder: responder, server: try tls.map { try .tls(base, tlsConfiguration: $0) } ?? base,
            configuration: ApplicationConfiguration(
                address: .hostname(settings.host, port: settings.port), serverName: "vintage", backlog: 1024,
                availableConnectionsDelegate: connections),
            onServerRunning: { channel in onListening(address(channel.localAddress)) }, logger: log.logger)
        let recording = Task { while await recordSoon() {} }
        var configuration = ServiceGroupConfiguration(
            services: [application], gracefulShutdownSignals: [.sigterm, .sigint], logger: log.logger)
        configuration.maximumGracefulShutdownDuration = Self.patience
        do {
            try await ServiceGroup(configuration: configuration).run()
        } catch is CancellationError {
            log.write(.warning, "Requests that did not end within \(Self.patience) were cut off")
        } catch let error as IOError {
            throw ServerFailure.address(host: settings.host, port: settings.port, reason: "\(error)")
        }
        recording.cancel()
        await recording.value
        record(all: true)
        await queue.end()
    }

    /// Writes answers that are to be recorded, every second.
    ///
    /// - Returns: whether there is a next time.
    private func recordSoon() async -> Bool {
        guard recorder != nil, (try? await Task.sleep(for: .seconds(1))) != nil else { return false }
        // A thread of the queue, since it blocks.
        try? await queue.run(within: nil) { record(all: false) }
        return true
    }

    private func record(all: Bool) {
        do {
            try recorder?.write(all: all)
        } catch {
            log.write(.error, "Answers could not be recorded: \(error)")
        }
    }

    private func address(_ address: SocketAddress?) -> String {
        let host = settings.host.contains(":") ? "[\(settings.host)]" : settings.host
        return "\(tls == nil ? "http" : "https")://\(host):\(address?.port ?? settings.port)"
    }
}

/// Why a server does not begin.
package enum ServerFailure: Error, Equatable {
    /// It cannot listen there.
    case address(host: String, port: Int, reason: String)
    /// The certificate or its key is none.
    case identity(reason: String)
}

extension ServerFailure: CustomStringConvertible {
    /// One line for people.
    package var description: String {
        switch self {
        case .address(let host, let port, let reason):
            "cannot listen on \(host), port \(port): \(reason); choose another with --host and --port"
        case .identity(let reason): "the certificate or its key cannot be used: \(reason); both are PEM files"
        }
    }
}

extension ServerFailure: ErrorWithExitStatus {
    /// A certificate that is none was given wrongly; an address that is taken fails around the program.
    package var exitStatus: ExitStatus {
        switch self {
        case .address: .failed
        case .identity: .misused
        }
    }
}
