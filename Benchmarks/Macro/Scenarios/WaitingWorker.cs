using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansFlow.Worker.Hosting;
using OrleansFlow.Workers;

namespace OrleansFlow.Benchmarks.Macro.Scenarios;

/// <summary>A worker process whose first attempts wait until they are stopped or killed, and whose later attempts do nothing.</summary>
internal static class WaitingWorker
{
    /// <summary>First argument that makes this executable such a worker.</summary>
    public const string Argument = "--waiting-worker";

    public const string Role = "bench.wait";

    public static async Task RunAsync()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddOrleansFlowWorker().AddHandler<Handler>(Role);
        await builder.Build().RunAsync();
    }

    internal sealed class Handler : RoleHandler
    {
        public override async IAsyncEnumerable<InputBatch> ReadBatchesAsync(
            RunContext context, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
        {
            if (context.Attempt == 1)
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
            }

            yield break;
        }

        public override ValueTask<BatchOutcome> ProcessBatchAsync(RunContext context, InputBatch batch, CancellationToken cancellationToken) =>
            ValueTask.FromResult(BatchOutcome.None);
    }
}
