using OrleansFlow.Inputs;
using OrleansFlow.Workers;

namespace OrleansFlow.Tests.Worker.Scripting;

internal sealed class ScriptedHandler(HandlerScript script) : RoleHandler, IDisposable
{
    public override bool ResumesAfterAccepted => script.Resumes;

    public override bool AcceptsCheckpoint(TaskCheckpoint checkpoint) => script.Accepts?.Invoke(checkpoint) ?? base.AcceptsCheckpoint(checkpoint);

    public override async ValueTask InitAsync(RunContext context, CancellationToken cancellationToken)
    {
        script.Calls.Enqueue("init");
        await (script.Init?.Invoke(context, cancellationToken) ?? ValueTask.CompletedTask);
    }

    public override async ValueTask LoadInputAsync(RunContext context, CancellationToken cancellationToken)
    {
        script.Calls.Enqueue("load");
        await (script.Load?.Invoke(context, cancellationToken) ?? ValueTask.CompletedTask);
    }

    public override InputProposal? ProposeInput(RunContext context) => script.Propose?.Invoke(context);

    public override IAsyncEnumerable<InputBatch> ReadBatchesAsync(RunContext context, CancellationToken cancellationToken)
    {
        script.Calls.Enqueue("read");
        return script.Read?.Invoke(context, cancellationToken) ?? base.ReadBatchesAsync(context, cancellationToken);
    }

    public override async ValueTask<BatchOutcome> ProcessBatchAsync(RunContext context, InputBatch batch, CancellationToken cancellationToken)
    {
        script.Calls.Enqueue($"process {batch.Uid}");
        return script.Process is null ? BatchOutcome.None : await script.Process(context, batch, cancellationToken);
    }

    public override async ValueTask<FinalizeOutcome> FinalizeAsync(RunContext context, CancellationToken cancellationToken)
    {
        script.Calls.Enqueue("finalize");
        return script.Finish is null ? FinalizeOutcome.None : await script.Finish(context, cancellationToken);
    }

    public override async ValueTask CleanupAsync(RunContext context)
    {
        script.Calls.Enqueue("cleanup");
        await (script.Cleanup?.Invoke(context) ?? ValueTask.CompletedTask);
    }

    public override ErrorClass ClassifyError(Exception exception) => script.Classify?.Invoke(exception) ?? base.ClassifyError(exception);

    public void Dispose() => script.Calls.Enqueue("dispose");
}
