using OrleansFlow.Workers;

namespace OrleansFlow.Tests.Worker.Docs;

/// <summary>Long work that can be stopped, files, and what is done at the end: an example of <c>docs/workers.md</c>.</summary>
public sealed class RenderHandler : RoleHandler
{
    /// <inheritdoc/>
    public override async IAsyncEnumerable<InputBatch> ReadBatchesAsync(
        RunContext context, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.Yield();
        yield return new InputBatch("page");
    }

    /// <inheritdoc/>
    public override async ValueTask<BatchOutcome> ProcessBatchAsync(RunContext context, InputBatch batch, CancellationToken cancellationToken)
    {
        var file = Path.Combine(context.TempFolder, "page.txt");
        for (var step = 1; step <= 10; step++)
        {
            context.ThrowIfStopping();
            await File.AppendAllTextAsync(file, $"line {step}\n", cancellationToken);
            context.ReportProgress(step / 10.0);
        }

        // A library that takes no token: the attempt does not wait for it longer than it may.
        var text = await context.CancellableAsync(File.ReadAllTextAsync(file, CancellationToken.None));
        return new BatchOutcome(JsonRows.Of([text.Length]));
    }
}
