using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansFlow.Worker.Hosting;
using OrleansFlow.Workers;

namespace OrleansFlow.Benchmarks.Macro.Scenarios;

/// <summary>A worker process whose handler does nothing, so that only the platform is measured.</summary>
internal static class NoOpWorker
{
    /// <summary>First argument that makes this executable a worker.</summary>
    public const string Argument = "--no-op-worker";

    public const string Role = "bench.noop";

    public static async Task RunAsync()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddOrleansFlowWorker().AddHandler<Handler>(Role);
        await builder.Build().RunAsync();
    }

    internal sealed class Handler : RoleHandler
    {
        public override IAsyncEnumerable<InputBatch> ReadBatchesAsync(RunContext context, CancellationToken cancellationToken) =>
            AsyncEnumerable.Empty<InputBatch>();

        public override ValueTask<BatchOutcome> ProcessBatchAsync(RunContext context, InputBatch batch, CancellationToken cancellationToken) =>
            ValueTask.FromResult(BatchOutcome.None);
    }
}
