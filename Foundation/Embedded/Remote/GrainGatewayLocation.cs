namespace Orleans.Embedded.Remote;

/// <summary>A gateway that serves grain calls to other processes.</summary>
/// <param name="Address"><c>http://host:port</c> or <c>https://host:port</c> of its HTTP/2 listener.</param>
/// <param name="Token">Bearer token of its calls; null where none is needed.</param>
public sealed record GrainGatewayLocation(Uri Address, string? Token);

/// <summary>Where a client of another process finds its gateway. For the one file that composes a host.</summary>
public sealed class GrainGatewayOptions
{
    /// <summary>
    /// Finds the gateways, in the order in which they are tried. Asked before each attempt to connect, so that a silo that comes back
    /// at another port is found.
    /// </summary>
    /// <value>Default null: what <c>UseStaticClustering</c> or <c>UseLocalhostClustering</c> named.</value>
    public Func<IReadOnlyList<GrainGatewayLocation>>? Find { get; set; }

    /// <summary>How long one attempt to connect may take, welcome included.</summary>
    /// <value>Default 10 s. Range 100 ms to 5 min.</value>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Time before the first attempt to connect again after a loss; doubled up to <see cref="ReconnectDelayMax"/>.</summary>
    /// <value>Default 100 ms. Range 1 ms to 1 min.</value>
    public TimeSpan ReconnectDelay { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Longest time between two attempts to connect again.</summary>
    /// <value>Default 5 s. Range <see cref="ReconnectDelay"/> to 10 min.</value>
    public TimeSpan ReconnectDelayMax { get; set; } = TimeSpan.FromSeconds(5);
}
