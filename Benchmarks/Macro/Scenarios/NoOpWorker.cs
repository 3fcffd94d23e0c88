using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansFlow.Tasks;
using OrleansFlow.Worker.Hosting;
using OrleansFlow.Workers;

namespace OrleansFlow.Benchmarks.Macro.Scenarios;

/// <summary>A worker process whose handler does nothing, so that only the platform is measured.</summary>
internal static class NoOpWorker
{
    /// <summary>First argument that makes this executable a worker.</summary>
    public const string Argument = "--no-op-worker";

    public const string Role = "bench.noop";

    private static readonly ConcurrentDictionary<TaskId, TaskCompletionSource<long>> Awaited = new();

    public static async Task RunAsync()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddOrleansFlowWorker().AddHandler<Handler>(Role);
        await builder.Build().RunAsync();
    }

    /// <summary>When the attempt of a task begins in this process, as a timestamp of the system's clock.</summary>
    public static Task<long> NextBegunAsync(TaskId task)
    {
        var begun = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
        Awaited[task] = begun;
        return begun.Task;
    }

    internal sealed class Handler : RoleHandler
    {
        public override ValueTask InitAsync(RunContext context, CancellationToken cancellationToken)
        {
            if (!Awaited.IsEmpty && Awaited.TryRemove(context.TaskId, out var begun))
            {
                begun.SetResult(TimeProvider.System.GetTimestamp());
            }

            return ValueTask.CompletedTask;
        }

        public override IAsyncEnumerable<InputBatch> ReadBatchesAsync(RunContext context, CancellationToken cancellationToken) =>
            AsyncEnumerable.Empty<InputBatch>();

        public override ValueTask<BatchOutcome> ProcessBatchAsync(RunContext context, InputBatch batch, CancellationToken cancellationToken) =>
            ValueTask.FromResult(BatchOutcome.None);
    }
}
