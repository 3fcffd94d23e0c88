using OrleansFlow.Rpc;

namespace OrleansFlow.Flight.Exchange;

/// <summary>
/// What the exchange itself refuses: a status with a stable reason in <c>google.rpc.ErrorInfo</c>, domain <see cref="Domain"/>.
/// </summary>
public static class ExchangeFaults
{
    /// <summary>Domain of the reasons.</summary>
    public const string Domain = "orleansflow.exchange";

    /// <summary>The peer's first bytes are none of this protocol (INVALID_ARGUMENT).</summary>
    public const string BadMagic = "exchange_bad_magic";

    /// <summary>The two sides have no version in common (FAILED_PRECONDITION).</summary>
    public const string BadVersion = "exchange_bad_version";

    /// <summary>A message breaks the protocol or the Arrow format (INVALID_ARGUMENT at the listener, INTERNAL at the client).</summary>
    public const string Malformed = "exchange_malformed";

    /// <summary>A message is above a limit (RESOURCE_EXHAUSTED).</summary>
    public const string MessageTooLarge = "exchange_message_too_large";

    /// <summary>The connection ended before the stream did (UNAVAILABLE); the stream can be tried again.</summary>
    public const string Truncated = "exchange_truncated";

    /// <summary>The handshake took too long (DEADLINE_EXCEEDED).</summary>
    public const string HandshakeTimeout = "exchange_handshake_timeout";

    /// <summary>There are as many streams as there may be (RESOURCE_EXHAUSTED).</summary>
    public const string TooManyStreams = "exchange_too_many_streams";

    /// <summary>Nobody answers at the address, or the TLS handshake failed (UNAVAILABLE).</summary>
    public const string Unreachable = "exchange_unreachable";

    internal static RpcException Make(RpcStatusCode code, string reason, string message, Exception? inner = null) =>
        new(RpcStatusDetails.WithErrorInfo(code, message, reason, Domain), innerException: inner);

    internal static RpcException Broken(string message, Exception? inner = null) => Make(RpcStatusCode.Unavailable, Truncated, message, inner);
}
