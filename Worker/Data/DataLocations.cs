using OrleansFlow.Flight.Exchange;

namespace OrleansFlow.Worker.Data;

/// <summary>
/// A worker's data address as it registers it: locations apart by blanks, the one for Flight first, then those for exchanges. Empty while it
/// serves none.
/// </summary>
internal static class DataLocations
{
    private const string FlightScheme = "grpc+";
    private const string TlsScheme = "grpc+tls";

    public static string Format(IEnumerable<string> locations) => string.Join(' ', locations);

    /// <summary>Where Flight clients find the worker; null when it serves none.</summary>
    public static Uri? FlightOf(string dataAddress) => dataAddress.Split(' ')
        .Where(location => location.StartsWith(FlightScheme, StringComparison.Ordinal))
        .Select(location => Uri.TryCreate(location, UriKind.Absolute, out var uri) ? uri : null)
        .FirstOrDefault(uri => uri is not null);

    /// <summary>The exchanges of a worker, the one over a socket of its own host first.</summary>
    public static IReadOnlyList<ExchangeAddress> ExchangesOf(string dataAddress)
    {
        var addresses = new List<ExchangeAddress>();
        foreach (var location in dataAddress.Split(' '))
        {
            if (ExchangeAddress.TryParse(location, out var address))
            {
                addresses.Add(address);
            }
        }

        return [.. addresses.OrderBy(address => address.Path is null)];
    }

    /// <summary>The address of a Flight location as the RPC channel takes it.</summary>
    public static string HttpOf(Uri location) => $"{(location.Scheme == TlsScheme ? Uri.UriSchemeHttps : Uri.UriSchemeHttp)}://{location.Authority}";
}
