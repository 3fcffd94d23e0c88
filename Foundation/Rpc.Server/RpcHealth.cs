using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Hosting;
using OrleansFlow.Rpc.Protos;
using ServingStatus = OrleansFlow.Rpc.Protos.HealthCheckResponse.Types.ServingStatus;

namespace OrleansFlow.Rpc.Server;

/// <summary>
/// The service <c>grpc.health.v1.Health</c>. Every mapped service, and the server as a whole (the empty name), serves unless
/// it is said otherwise here; from the begin of the host's stop none does. Thread-safe; a singleton of the host.
/// </summary>
public sealed class RpcHealth : IDisposable
{
    private static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, Func<CancellationToken, ValueTask<bool>>> _checks = new(StringComparer.Ordinal);
    private readonly TimeProvider _clock;
    private readonly CancellationToken _stopping;
    private readonly CancellationTokenRegistration _onStopping;
    private volatile TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Made by the host.</summary>
    public RpcHealth(TimeProvider clock, IHostApplicationLifetime lifetime)
    {
        ArgumentNullException.ThrowIfNull(lifetime);
        _clock = clock;
        _stopping = lifetime.ApplicationStopping;
        _onStopping = _stopping.UnsafeRegister(static health => ((RpcHealth)health!).SignalChange(), this);
    }

    /// <summary>Says whether a service takes calls. Watchers learn it at once.</summary>
    /// <param name="service">Full service name; empty for the server as a whole.</param>
    /// <param name="serving">Whether it does.</param>
    public void Set(string service, bool serving) => Set(service, _ => ValueTask.FromResult(serving));

    /// <summary>Has a check say whether a service takes calls: at each question, and every 5 s for watchers.</summary>
    /// <param name="service">Full service name; empty for the server as a whole.</param>
    /// <param name="checkAsync">True when it does. Called concurrently; what it throws counts as false.</param>
    public void Set(string service, Func<CancellationToken, ValueTask<bool>> checkAsync)
    {
        ArgumentNullException.ThrowIfNull(service);
        ArgumentNullException.ThrowIfNull(checkAsync);
        _checks[service] = checkAsync;
        SignalChange();
    }

    /// <inheritdoc/>
    public void Dispose() => _onStopping.Dispose();

    internal void AddMapped(string service)
    {
        _checks.TryAdd("", static _ => ValueTask.FromResult(true));
        _checks.TryAdd(service, static _ => ValueTask.FromResult(true));
    }

    internal RpcServiceDefinition Define() => new RpcServiceDefinition(RpcStandardMethods.HealthService)
        .Unary(RpcStandardMethods.HealthCheck, CheckAsync)
        .ServerStreaming(RpcStandardMethods.HealthWatch, (request, context) => WatchAsync(request.Service, context.CancellationToken))
        .DescribedBy(RpcHealthReflection.Descriptor);

    private async Task<HealthCheckResponse> CheckAsync(HealthCheckRequest request, RpcServerContext context)
    {
        var status = await ReadAsync(request.Service, context.CancellationToken);
        return status == ServingStatus.ServiceUnknown
            ? throw new RpcException(RpcStatusCode.NotFound, $"Service '{request.Service}' is not known here.")
            : new HealthCheckResponse { Status = status };
    }

    private async IAsyncEnumerable<HealthCheckResponse> WatchAsync(string service, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ServingStatus? told = null;
        while (true)
        {
            // Taken before the question, so that no change between the two is missed.
            var changed = _changed.Task;
            var status = await ReadAsync(service, cancellationToken);
            if (status != told)
            {
                told = status;
                yield return new HealthCheckResponse { Status = status };
            }

            try
            {
                await changed.WaitAsync(CheckInterval, _clock, cancellationToken);
            }
            catch (TimeoutException)
            {
                // Time to ask the check again.
            }
        }
    }

    private async ValueTask<ServingStatus> ReadAsync(string service, CancellationToken cancellationToken)
    {
        if (!_checks.TryGetValue(service, out var checkAsync))
        {
            return ServingStatus.ServiceUnknown;
        }

        try
        {
            return !_stopping.IsCancellationRequested && await checkAsync(cancellationToken) ? ServingStatus.Serving : ServingStatus.NotServing;
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            // A check that cannot say is a service that cannot serve; the check's owner logs its own failures.
            return ServingStatus.NotServing;
        }
    }

    private void SignalChange()
    {
        var next = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Interlocked.Exchange(ref _changed, next).TrySetResult();
    }
}
