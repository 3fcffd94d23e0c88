using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace OrleansFlow.Flight.Exchange;

/// <summary>
/// Where an exchange listens: <c>exchange+unix:///path</c> on the same host, <c>exchange+tcp://host:port</c> or
/// <c>exchange+tls://host:port</c> between hosts.
/// </summary>
public sealed record ExchangeAddress
{
    /// <summary>Longest path of a Unix domain socket, in bytes; the system's structure holds no more.</summary>
    public const int UnixPathBytesMax = 107;

    private const string UnixScheme = "exchange+unix";
    private const string TcpScheme = "exchange+tcp";
    private const string TlsScheme = "exchange+tls";

    private ExchangeAddress(string? path, string host, int port, bool isTls)
    {
        Path = path;
        Host = host;
        Port = port;
        IsTls = isTls;
    }

    /// <summary>Path of the Unix domain socket; null for TCP.</summary>
    public string? Path { get; }

    /// <summary>Name or number of the host; empty for a Unix domain socket.</summary>
    public string Host { get; }

    /// <summary>Port; 0 for a Unix domain socket, and for a listener that takes a free one.</summary>
    public int Port { get; }

    /// <summary>Whether the connection is encrypted.</summary>
    public bool IsTls { get; }

    /// <summary>A Unix domain socket.</summary>
    /// <param name="path">At most <see cref="UnixPathBytesMax"/> bytes.</param>
    /// <exception cref="ArgumentException">The path is empty or too long.</exception>
    public static ExchangeAddress Unix(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var full = System.IO.Path.GetFullPath(path);
        var bytes = System.Text.Encoding.UTF8.GetByteCount(full);
        return bytes <= UnixPathBytesMax
            ? new ExchangeAddress(full, "", 0, isTls: false)
            : throw new ArgumentException($"The socket path '{full}' has {bytes} bytes; a Unix domain socket takes at most {UnixPathBytesMax}. Choose a shorter folder.", nameof(path));
    }

    /// <summary>A TCP port.</summary>
    /// <param name="host">Name or number.</param>
    /// <param name="port">Range 0 to 65 535; 0 only where a listener takes a free one.</param>
    /// <param name="isTls">Whether the connection is encrypted.</param>
    public static ExchangeAddress Tcp(string host, int port, bool isTls = false)
    {
        ArgumentException.ThrowIfNullOrEmpty(host);
        ArgumentOutOfRangeException.ThrowIfNegative(port);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(port, IPEndPoint.MaxPort);
        return new ExchangeAddress(null, host, port, isTls);
    }

    /// <summary>Reads what <see cref="ToString"/> writes.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out ExchangeAddress? address)
    {
        address = null;
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri))
        {
            return false;
        }

        if (uri.Scheme == UnixScheme && uri.Host.Length == 0 && uri.AbsolutePath.Length > 1)
        {
            var path = Uri.UnescapeDataString(uri.AbsolutePath);
            address = System.Text.Encoding.UTF8.GetByteCount(path) <= UnixPathBytesMax ? Unix(path) : null;
        }
        else if (uri.Scheme is TcpScheme or TlsScheme && uri.Host.Length > 0 && uri.Port is > 0 and <= IPEndPoint.MaxPort)
        {
            address = Tcp(uri.Host.Trim('[', ']'), uri.Port, uri.Scheme == TlsScheme);
        }

        return address is not null;
    }

    /// <summary>The address as text.</summary>
    public override string ToString() => Path is { } path
        ? $"{UnixScheme}://{string.Join('/', path.Split('/').Select(Uri.EscapeDataString))}"
        : string.Create(CultureInfo.InvariantCulture, $"{(IsTls ? TlsScheme : TcpScheme)}://{(Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]" : Host)}:{Port}");

    internal EndPoint ToEndPoint() => this switch
    {
        { Path: { } path } => new UnixDomainSocketEndPoint(path),
        _ when IPAddress.TryParse(Host, out var address) => new IPEndPoint(address, Port),
        _ => new DnsEndPoint(Host, Port),
    };
}
