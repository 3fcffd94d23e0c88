using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansFlow.Tasks;
using OrleansFlow.Worker.Hosting;

namespace OrleansFlow.Silo.Hosting;

/// <summary>
/// Holds the end of the host's start until the workers of this process have registered: whoever submits right after the start
/// would otherwise hear that nobody has announced the role.
/// </summary>
internal sealed partial class InProcessWorkerReadiness(
    FlowWorkers workers, TimeProvider clock, ILogger<InProcessWorkerReadiness> logger) : IHostedLifecycleService
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Comes after every service has started, whatever their order.</summary>
    public async Task StartedAsync(CancellationToken cancellationToken)
    {
        await Task.WhenAll(workers.All.Select(worker => WaitAsync(worker, cancellationToken)));
    }

    private async Task WaitAsync(FlowWorker worker, CancellationToken cancellationToken)
    {
        try
        {
            await worker.Registered.WaitAsync(Patience, clock, cancellationToken);
        }
        catch (TimeoutException)
        {
            // The worker goes on trying and logs why; a silo that serves others is of more use than none.
            LogNotRegistered(worker.WorkerId, Patience.TotalSeconds);
        }
    }

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(EventId = 6027, Level = LogLevel.Warning, Message = "In-process worker {WorkerId} has not registered within {Seconds} s; it goes on trying")]
    private partial void LogNotRegistered(WorkerId workerId, double seconds);
}
