using System.Net.Security;
using OrleansFlow.Rpc;

namespace OrleansFlow.Flight.Exchange;

/// <summary>Where and for whom a listener of exchanges works.</summary>
public sealed class ExchangeListenerOptions : ExchangeOptions
{
    /// <summary>Where to listen. Port 0 takes a free one; a socket file that nobody listens on is replaced, and made with mode 600.</summary>
    public required ExchangeAddress Address { get; set; }

    /// <summary>Certificate and rules for <c>exchange+tls</c>; needed there and refused elsewhere.</summary>
    public SslServerAuthenticationOptions? Tls { get; set; }

    /// <summary>
    /// Lets a caller in or throws an <see cref="RpcException"/>, usually <see cref="RpcStatusCode.Unauthenticated"/>. Null: whoever reaches
    /// the socket may call.
    /// </summary>
    public Func<ExchangeHello, CancellationToken, ValueTask>? Authorize { get; set; }

    /// <summary>Turns exceptions of handlers into statuses; null, or a null result, makes them UNKNOWN without details.</summary>
    public Func<Exception, RpcException?>? MapError { get; set; }

    /// <summary>Is told of each exception that nobody mapped, for the log; must not throw. Null: the caller's status is all that remains of it.</summary>
    public Action<Exception>? UnexpectedError { get; set; }

    /// <summary>Streams at a time; one more is refused with RESOURCE_EXHAUSTED.</summary>
    /// <value>Default 10 000. Range 1 to 1 000 000.</value>
    public int StreamsMax { get; set; } = 10_000;

    internal override void Validate()
    {
        base.Validate();
        ArgumentNullException.ThrowIfNull(Address);
        Check(StreamsMax, 1, 1_000_000, nameof(StreamsMax));
        if (Address.IsTls != Tls is not null)
        {
            throw new ArgumentException(
                Address.IsTls ? $"Address {Address} needs {nameof(Tls)} with a certificate." : $"{nameof(Tls)} is set, but the address is {Address}; use exchange+tls.",
                nameof(Tls));
        }
    }
}
