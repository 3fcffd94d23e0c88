using OrleansFlow.Errors;

namespace OrleansFlow.Hosting;

/// <summary>Where the gateway is and how it was found.</summary>
/// <param name="GrpcUrl">Address of the HTTP/2 listener, for example <c>http://127.0.0.1:8420</c>.</param>
/// <param name="Token">Token for the calls; null where none is needed.</param>
/// <param name="Source">Which of the places named it, for messages.</param>
public sealed record GatewayEndpoint(string GrpcUrl, string? Token, string Source)
{
    /// <summary>Environment variable with the gateway's address.</summary>
    public const string GatewayVariable = "FLOW_GATEWAY";

    /// <summary>Environment variable with the gateway's token.</summary>
    public const string TokenVariable = "FLOW_TOKEN";

    /// <summary>Environment variable with the data folder.</summary>
    public const string DataVariable = "FLOW_DATA";

    /// <summary>Data folders of this directory where a silo or the demo may have left its endpoints.</summary>
    public static readonly IReadOnlyList<string> DefaultDataFolders = [Path.Combine(".flow", "data"), Path.Combine(".flow", "demo")];

    /// <summary>
    /// Finds the gateway: the given address, else <c>FLOW_GATEWAY</c>, else <c>endpoints.json</c> of the given data folder,
    /// else of <c>FLOW_DATA</c>, else of <see cref="DefaultDataFolders"/>.
    /// </summary>
    /// <exception cref="FlowException"><c>gateway_unreachable</c> naming every place tried; <c>bad_option</c> for an address that is none.</exception>
    public static GatewayEndpoint Find(string? gateway = null, string? token = null, string? dataFolder = null)
    {
        token ??= Variable(TokenVariable);
        if (gateway is not null)
        {
            return new GatewayEndpoint(Check(gateway, "--gateway"), token, "--gateway");
        }

        if (Variable(GatewayVariable) is { } fromVariable)
        {
            return new GatewayEndpoint(Check(fromVariable, GatewayVariable), token, GatewayVariable);
        }

        var folders = (dataFolder ?? Variable(DataVariable)) is { } folder ? [folder] : DefaultDataFolders;
        foreach (var candidate in folders)
        {
            if (EndpointsFile.Read(candidate) is { } found)
            {
                return new GatewayEndpoint(found.GrpcUrl, token ?? found.Token, Path.Combine(candidate, EndpointsFile.FileName));
            }
        }

        throw new FlowException(
            FlowErrorCode.GatewayUnreachable,
            $"No gateway found: neither --gateway nor {GatewayVariable} is set, and there is no {EndpointsFile.FileName} in "
            + $"{string.Join(" or ", folders.Select(Path.GetFullPath))}. Start one with 'flow silo', or name its address.");
    }

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    private static string Check(string address, string source) =>
        Uri.TryCreate(address, UriKind.Absolute, out var uri) && (uri.Scheme is "http" or "https")
            ? address
            : throw new FlowException(FlowErrorCode.BadOption, $"{source} '{address}' is not an address such as http://127.0.0.1:8420.");
}
