import Testing
import Workspace

@Suite("Sizes, rates and times for people")
struct ByteCountTests {
    @Test(
        "a size is exact below a thousand bytes and has three digits or so above",
        arguments: [
            (0, "0 B"), (-1, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (1049, "1.0 kB"), (1050, "1.1 kB"),
            (12_700_000, "12.7 MB"), (99_949, "99.9 kB"), (99_950, "100 kB"), (389_499_999, "389 MB"),
            (389_500_000, "390 MB"), (999_499, "999 kB"), (999_500, "1.0 MB"), (1_073_741_824, "1.1 GB"),
            (999_999_999_999, "1.0 TB"), (.max, "9.2 EB"),
        ])
    func sizes(bytes: Int, text: String) {
        #expect(ByteCount(bytes).description == text)
    }

    @Test("a rate is bytes over time, and none before time has passed")
    func rates() {
        #expect(TransferRate(bytes: 25_400_000, in: .seconds(2)).description == "12.7 MB/s")
        #expect(TransferRate(bytes: 500, in: .milliseconds(250)).description == "2.0 kB/s")
        #expect(TransferRate(bytes: 500, in: .zero).description == "0 B/s")
        #expect(TransferRate(bytes: .max, in: .nanoseconds(1)).description == "1.0 EB/s")
    }

    @Test(
        "time left is written as on a clock, and in days when it is long",
        arguments: [
            (0, "0:00"), (7, "0:07"), (760, "12:40"), (3599, "59:59"), (3600, "1:00:00"), (11_105, "3:05:05"),
            (86_399, "23:59:59"), (86_400, "1 d 0 h"), (187_200, "2 d 4 h"), (-5, "0:00"),
        ])
    func times(seconds: Int, text: String) {
        #expect(TimeLeft(seconds: seconds).description == text)
    }

    @Test("time left is rounded up, and unknown without a rate")
    func estimates() {
        let rate = TransferRate(bytes: 10, in: .seconds(1))
        #expect(TimeLeft(bytesLeft: 100, at: rate)?.seconds == 10)
        #expect(TimeLeft(bytesLeft: 101, at: rate)?.seconds == 11)
        #expect(TimeLeft(bytesLeft: 0, at: rate)?.seconds == 0)
        #expect(TimeLeft(bytesLeft: 1, at: TransferRate(bytes: 0, in: .seconds(1))) == nil)
    }
}
