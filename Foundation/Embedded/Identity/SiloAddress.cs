using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using Orleans.Embedded;

namespace Orleans.Runtime;

/// <summary>The address of a silo: an endpoint, and a generation that tells two silos at one endpoint apart.</summary>
public sealed class SiloAddress : IEquatable<SiloAddress>, IComparable<SiloAddress>, ISpanFormattable, IParsable<SiloAddress>,
    IUtf8SpanParsable<SiloAddress>
{
    private static int _lastGeneration;

    private SiloAddress(IPEndPoint endpoint, int generation)
    {
        Endpoint = endpoint;
        Generation = generation;
    }

    /// <summary>An address of no silo.</summary>
    public static SiloAddress Zero { get; } = New(IPAddress.Any, 0, 0);

    /// <summary>The endpoint.</summary>
    public IPEndPoint Endpoint { get; }

    /// <summary>Grows with each start at one endpoint; negative for clients.</summary>
    public int Generation { get; }

    /// <summary>Whether this is the address of a client.</summary>
    public bool IsClient => Generation < 0;

    /// <summary>Creates an address.</summary>
    /// <param name="ep">The endpoint.</param>
    /// <param name="gen">The generation.</param>
    /// <returns>The address.</returns>
    public static SiloAddress New(IPEndPoint ep, int gen) => new(ep, gen);

    /// <summary>Creates an address.</summary>
    /// <param name="address">The IP address.</param>
    /// <param name="port">The port.</param>
    /// <param name="generation">The generation.</param>
    /// <returns>The address.</returns>
    public static SiloAddress New(IPAddress address, int port, int generation) => new(new IPEndPoint(address, port), generation);

    /// <summary>A generation larger than every earlier one of this process.</summary>
    /// <returns>The generation.</returns>
    public static int AllocateNewGeneration() => Interlocked.Increment(ref _lastGeneration);

    /// <summary>Reads what <see cref="ToParsableString"/> wrote.</summary>
    /// <param name="addr">The text.</param>
    /// <returns>The address.</returns>
    /// <exception cref="FormatException">The text is not an address.</exception>
    public static SiloAddress FromParsableString(string addr) => TryParse(addr, null, out var result)
        ? result
        : throw new FormatException($"'{addr}' is not a silo address; write IP:PORT@GENERATION.");

    /// <summary>Reads what <see cref="ToParsableString"/> wrote.</summary>
    /// <param name="value">The text.</param>
    /// <param name="provider">Not used.</param>
    /// <returns>The address.</returns>
    /// <exception cref="FormatException">The text is not an address.</exception>
    public static SiloAddress Parse(string value, IFormatProvider? provider = null) => FromParsableString(value);

    /// <summary>Reads what <see cref="ToParsableString"/> wrote.</summary>
    /// <param name="value">The text.</param>
    /// <param name="provider">Not used.</param>
    /// <param name="result">The address.</param>
    /// <returns>False when the text is not an address.</returns>
    public static bool TryParse([NotNullWhen(true)] string? value, IFormatProvider? provider, [NotNullWhen(true)] out SiloAddress? result)
    {
        result = null;
        var at = value?.LastIndexOf('@') ?? -1;
        if (at <= 0
            || !IPEndPoint.TryParse(value.AsSpan(0, at), out var endpoint)
            || !int.TryParse(value.AsSpan(at + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var generation))
        {
            return false;
        }

        result = New(endpoint, generation);
        return true;
    }

    /// <summary>Reads what <see cref="ToParsableString"/> wrote, as UTF-8.</summary>
    /// <param name="utf8Text">The text.</param>
    /// <param name="provider">Not used.</param>
    /// <returns>The address.</returns>
    /// <exception cref="FormatException">The text is not an address.</exception>
    public static SiloAddress Parse(ReadOnlySpan<byte> utf8Text, IFormatProvider? provider = null) =>
        FromParsableString(System.Text.Encoding.UTF8.GetString(utf8Text));

    /// <summary>Reads what <see cref="ToParsableString"/> wrote, as UTF-8.</summary>
    /// <param name="utf8Text">The text.</param>
    /// <param name="provider">Not used.</param>
    /// <param name="result">The address.</param>
    /// <returns>False when the text is not an address.</returns>
    public static bool TryParse(ReadOnlySpan<byte> utf8Text, IFormatProvider? provider, [NotNullWhen(true)] out SiloAddress? result) =>
        TryParse(System.Text.Encoding.UTF8.GetString(utf8Text), provider, out result);

    /// <summary>The address as text.</summary>
    /// <returns>The text <c>IP:PORT@GENERATION</c>.</returns>
    public string ToParsableString() => $"{Endpoint}@{Generation.ToString(CultureInfo.InvariantCulture)}";

    /// <inheritdoc/>
    public override string ToString() => $"S{Endpoint}:{Generation.ToString(CultureInfo.InvariantCulture)}";

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as SiloAddress);

    /// <inheritdoc/>
    public bool Equals(SiloAddress? other) => other is not null && Generation == other.Generation && Endpoint.Equals(other.Endpoint);

    /// <inheritdoc/>
    public override int GetHashCode() => GetConsistentHashCode();

    /// <summary>A hash that is the same in every process.</summary>
    /// <returns>The hash.</returns>
    public int GetConsistentHashCode() => UniformHash.Of(System.Text.Encoding.UTF8.GetBytes(ToParsableString()));

    /// <inheritdoc/>
    public int CompareTo(SiloAddress? other)
    {
        if (other is null)
        {
            return 1;
        }

        var byGeneration = Generation.CompareTo(other.Generation);
        return byGeneration != 0 ? byGeneration : string.CompareOrdinal(Endpoint.ToString(), other.Endpoint.ToString());
    }

    bool ISpanFormattable.TryFormat(Span<char> destination, out int charsWritten, ReadOnlySpan<char> format, IFormatProvider? provider) =>
        destination.TryWrite($"{ToString()}", out charsWritten);

    string IFormattable.ToString(string? format, IFormatProvider? formatProvider) => ToString();
}
