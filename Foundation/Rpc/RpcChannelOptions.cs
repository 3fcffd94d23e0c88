using System.Net.Security;

namespace OrleansFlow.Rpc;

/// <summary>How a client reaches a server. Read once when the channel is made.</summary>
public sealed class RpcChannelOptions
{
    /// <summary>Smallest and default stream window of HTTP/2, in bytes.</summary>
    public const int StreamWindowBytesMin = 65_535;

    /// <summary>Largest stream window that the transport takes, in bytes.</summary>
    public const int StreamWindowBytesMax = 16 * 1024 * 1024;

    /// <summary>
    /// The limit of a message that has none of its own: 2 GiB - 1, where a message in one piece of memory ends. For either direction, here and
    /// in the server's options.
    /// </summary>
    public const int NoMessageLimit = int.MaxValue;

    /// <summary>
    /// Bytes of a response stream that may be under way unread. Larger: faster downloads, more memory for each slow reader. The transport
    /// widens it by itself, up to <see cref="StreamWindowBytesMax"/>, for a reader that keeps up.
    /// </summary>
    /// <value>Default 1 MiB. Range 64 KiB - 1 to 16 MiB.</value>
    public int StreamWindowBytes { get; set; } = 1024 * 1024;

    /// <summary>Largest response message accepted, in bytes, unless its marshaller has its own limit.</summary>
    /// <value>Default 16 MiB. Range 1 KiB to <see cref="NoMessageLimit"/>.</value>
    public int MaxReceiveMessageBytes { get; set; } = 16 * 1024 * 1024;

    /// <summary>Largest request message sent, in bytes before compression, unless its marshaller has its own limit.</summary>
    /// <value>Default <see cref="NoMessageLimit"/>: the server's limit decides. Range 1 KiB to <see cref="NoMessageLimit"/>.</value>
    public int MaxSendMessageBytes { get; set; } = NoMessageLimit;

    /// <summary>
    /// How requests travel. Every server of the protocol that does not know gzip refuses such calls as unimplemented;
    /// responses are accepted compressed or not in either case.
    /// </summary>
    /// <value>Default <see cref="RpcCompression.None"/>: on fast networks compression costs more time than it saves.</value>
    public RpcCompression Compression { get; set; }

    /// <summary>Time for a new connection, TLS included. A call that waits for it fails as unavailable.</summary>
    /// <value>Default 5 s. Range 10 ms to 5 min.</value>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How often an idle connection is asked whether it lives.</summary>
    /// <value>Default 30 s. Range 1 s to 1 h.</value>
    public TimeSpan KeepAliveInterval { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Time for the answer to such a question; without one the connection and its calls fail as unavailable.</summary>
    /// <value>Default 20 s. Range 1 s to 1 h.</value>
    public TimeSpan KeepAliveTimeout { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>Headers of every call; null for none.</summary>
    public RpcMetadata? DefaultMetadata { get; set; }

    /// <summary>
    /// Gives the bearer token for a call, asked anew for each so that it may expire; null for none. Beware of sending
    /// tokens over a connection without TLS that leaves the machine.
    /// </summary>
    public Func<CancellationToken, ValueTask<string?>>? BearerToken { get; set; }

    /// <summary>Certificates to trust or to present on <c>https</c>; null for the system's defaults.</summary>
    public SslClientAuthenticationOptions? Tls { get; set; }

    /// <summary>What runs around every call, the first outermost.</summary>
    /// <value>Default none. A channel takes what is in it when it is made.</value>
    public IReadOnlyList<IRpcClientInterceptor> Interceptors { get; set; } = [];

    /// <summary>The clock of deadlines.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    internal void Validate()
    {
        ArgumentNullException.ThrowIfNull(TimeProvider);
        ArgumentNullException.ThrowIfNull(Interceptors);
        CheckRange(StreamWindowBytes, StreamWindowBytesMin, StreamWindowBytesMax, nameof(StreamWindowBytes));
        CheckRange(MaxReceiveMessageBytes, 1024, NoMessageLimit, nameof(MaxReceiveMessageBytes));
        CheckRange(MaxSendMessageBytes, 1024, NoMessageLimit, nameof(MaxSendMessageBytes));
        CheckRange(Compression, RpcCompression.None, RpcCompression.Gzip, nameof(Compression));
        CheckRange(ConnectTimeout, TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(5), nameof(ConnectTimeout));
        CheckRange(KeepAliveInterval, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1), nameof(KeepAliveInterval));
        CheckRange(KeepAliveTimeout, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1), nameof(KeepAliveTimeout));
    }

    private static void CheckRange<T>(T value, T min, T max, string name)
        where T : IComparable
    {
        if (value.CompareTo(min) < 0 || value.CompareTo(max) > 0)
        {
            throw new ArgumentOutOfRangeException(name, value, $"{nameof(RpcChannelOptions)}.{name} must be {min} to {max}.");
        }
    }
}
