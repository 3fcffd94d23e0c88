using System.Globalization;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;
using OrleansFlow.Errors;

namespace OrleansFlow.Silo.Hosting;

/// <summary>Says in the project's codes why a silo could not start, however deep the cause lies.</summary>
internal static partial class StartFailures
{
    private const string ConfigurationBinder = "Microsoft.Extensions.Configuration.Binder";

    public static FlowException Explain(Exception exception, FlowSiloOptions options)
    {
        if (Find<FlowException>(exception) is { } flow)
        {
            return flow;
        }

        if (Find<OptionsValidationException>(exception) is { } invalid)
        {
            return new FlowException(FlowErrorCode.BadOption, string.Join(Environment.NewLine, invalid.Failures), exception);
        }

        if (Find<InvalidOperationException>(exception) is { Source: ConfigurationBinder } unreadable)
        {
            // It names key and value.
            return new FlowException(FlowErrorCode.BadOption, unreadable.Message, exception);
        }

        if (Find<SocketException>(exception) is { } socket)
        {
            return socket.SocketErrorCode switch
            {
                SocketError.AddressAlreadyInUse => new FlowException(
                    FlowErrorCode.PortInUse,
                    $"Port {PortIn(exception) ?? $"{options.GrpcPort} or {options.HttpPort}"} on {options.BindAddress} is taken by another process. Stop it, or choose another with --port and --http-port (0: a free one).",
                    exception),
                SocketError.AccessDenied => new FlowException(
                    FlowErrorCode.BadOption, $"This process may not listen on {options.BindAddress} port {PortIn(exception) ?? "?"}. Choose a port above 1023.", exception),
                SocketError.AddressNotAvailable => new FlowException(
                    FlowErrorCode.BadOption, $"{options.BindAddress} is no address of this machine. Choose one with --bind.", exception),
                _ => new FlowException(FlowErrorCode.UnexpectedError, $"The listeners could not be opened: {socket.Message}", exception),
            };
        }

        return new FlowException(FlowErrorCode.UnexpectedError, $"The silo could not start: {exception.Message}", exception);
    }

    private static T? Find<T>(Exception exception)
        where T : Exception
    {
        if (exception is T found)
        {
            return found;
        }

        if (exception is AggregateException many)
        {
            return many.InnerExceptions.Select(Find<T>).FirstOrDefault(inner => inner is not null);
        }

        return exception.InnerException is { } cause ? Find<T>(cause) : null;
    }

    /// <summary>The server's message holds the address, its exceptions do not.</summary>
    private static string? PortIn(Exception exception)
    {
        for (var current = exception; current is not null; current = current.InnerException!)
        {
            if (Address().Match(current.Message) is { Success: true } match)
            {
                return int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture);
            }

            if (current.InnerException is null)
            {
                break;
            }
        }

        return null;
    }

    [GeneratedRegex(@"https?://\S*?:(\d{1,5})\b", RegexOptions.CultureInvariant)]
    private static partial Regex Address();
}
