import Hummingbird
import HummingbirdTLS

