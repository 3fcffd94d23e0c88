using System.Net;
using OrleansFlow.Errors;
using OrleansFlow.Worker.Data;

namespace OrleansFlow.Cli;

/// <summary>An address as <c>--listen</c> and <c>--advertise</c> take it.</summary>
/// <param name="Host">Name or number of a host.</param>
/// <param name="Port">0 to 65 535.</param>
internal sealed record DataEndpoint(string Host, int Port)
{
    /// <summary>Reads <c>HOST:PORT</c>; null for an option that was not given.</summary>
    /// <exception cref="FlowException"><c>bad_option</c>: it is none.</exception>
    public static DataEndpoint? Parse(string option, string? text)
    {
        if (text is null)
        {
            return null;
        }

        var colon = text.LastIndexOf(':');
        return colon > 0
            && int.TryParse(text.AsSpan(colon + 1), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var port)
            && port <= IPEndPoint.MaxPort
            && Uri.CheckHostName(text[..colon].Trim('[', ']')) != UriHostNameType.Unknown
            ? new DataEndpoint(text[..colon].Trim('[', ']'), port)
            : throw new FlowException(FlowErrorCode.BadOption, $"{option} '{text}' is no HOST:PORT, as 10.0.0.5:5005, with a port of 0 to {IPEndPoint.MaxPort}.");
    }

    /// <summary>Makes a worker listen there.</summary>
    public void ListenAt(WorkerDataOptions options) => (options.BindAddress, options.Port) = (Host.Equals("localhost", StringComparison.OrdinalIgnoreCase) ? "127.0.0.1" : Host, Port);

    /// <summary>Makes a worker say that it is there.</summary>
    public void ReachBy(WorkerDataOptions options) => (options.PublicHost, options.PublicPort) = (Host, Port == 0 ? null : Port);
}
