namespace OrleansFlow.Worker.Data;

/// <summary>
/// A worker's data address as it registers it: locations apart by blanks, the one for Flight first, then those for exchanges. Empty while it
/// serves none.
/// </summary>
internal static class DataLocations
{
    private const string FlightScheme = "grpc+";

    public static string Format(IEnumerable<string> locations) => string.Join(' ', locations);

    /// <summary>Where Flight clients find the worker; null when it serves none.</summary>
    public static Uri? FlightOf(string dataAddress) => dataAddress.Split(' ')
        .Where(location => location.StartsWith(FlightScheme, StringComparison.Ordinal))
        .Select(location => Uri.TryCreate(location, UriKind.Absolute, out var uri) ? uri : null)
        .FirstOrDefault(uri => uri is not null);
}
