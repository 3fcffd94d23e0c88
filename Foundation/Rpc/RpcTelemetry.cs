using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;

namespace OrleansFlow.Rpc;

/// <summary>
/// Traces and metrics of calls, named by the semantic conventions of OpenTelemetry for RPC. Nothing is computed while nobody
/// listens to <see cref="Name"/>.
/// </summary>
public static class RpcTelemetry
{
    /// <summary>Name of the activity source and of the meter.</summary>
    public const string Name = "OrleansFlow.Rpc";

    private static readonly ActivitySource Source = new(Name);
    private static readonly Meter Meter = new(Name);

    private static readonly Histogram<double> ClientDuration = Meter.CreateHistogram<double>(
        "rpc.client.call.duration", "s", "Time of a client's call, from its start to its status.");

    private static readonly Histogram<double> ServerDuration = Meter.CreateHistogram<double>(
        "rpc.server.call.duration", "s", "Time of a server's call, from its headers to its status.");

    /// <summary>An interceptor for channels: an activity and a duration for each call.</summary>
    /// <param name="clock">Measures durations; null for the system's.</param>
    /// <remarks>The trace context travels as <c>traceparent</c>, which the HTTP client of .NET adds.</remarks>
    public static IRpcClientInterceptor Client(TimeProvider? clock = null) => new ClientInterceptor(clock ?? TimeProvider.System);

    /// <summary>An interceptor for servers: an activity and a duration for each call. Register it before all others.</summary>
    /// <param name="clock">Measures durations; null for the system's.</param>
    public static IRpcServerInterceptor Server(TimeProvider? clock = null) => new ServerInterceptor(clock ?? TimeProvider.System);

    private static async Task MeasureAsync(
        TimeProvider clock, Histogram<double> durations, ActivityKind kind, string method, Func<Task> nextAsync)
    {
        var began = clock.GetTimestamp();
        using var activity = Source.StartActivity(method[1..], kind);
        var code = RpcStatusCode.Ok;
        try
        {
            await nextAsync().ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            code = exception is RpcException { Code: var known } ? known : RpcStatusCode.Unknown;
            activity?.SetStatus(ActivityStatusCode.Error, exception is RpcException { Status.Message: var message } ? message : null);
            throw;
        }
        finally
        {
            var slash = method.LastIndexOf('/');
            var tags = new TagList
            {
                { "rpc.system", "grpc" },
                { "rpc.service", method[1..slash] },
                { "rpc.method", method[(slash + 1)..] },
                { "rpc.grpc.status_code", ((int)code).ToString(CultureInfo.InvariantCulture) },
            };
            durations.Record(clock.GetElapsedTime(began).TotalSeconds, tags);
            foreach (var (key, value) in tags)
            {
                activity?.SetTag(key, value);
            }
        }
    }

    /// <summary>Made by hosts.</summary>
    internal sealed class ServerInterceptor(TimeProvider clock) : IRpcServerInterceptor
    {
        public Task InterceptAsync(RpcServerContext context, Func<Task> nextAsync) => Source.HasListeners() || ServerDuration.Enabled
            ? MeasureAsync(clock, ServerDuration, ActivityKind.Server, context.Method, nextAsync)
            : nextAsync();
    }

    private sealed class ClientInterceptor(TimeProvider clock) : IRpcClientInterceptor
    {
        public Task InterceptAsync(RpcClientContext context, Func<Task> nextAsync) => Source.HasListeners() || ClientDuration.Enabled
            ? MeasureAsync(clock, ClientDuration, ActivityKind.Client, context.Method, nextAsync)
            : nextAsync();
    }
}
