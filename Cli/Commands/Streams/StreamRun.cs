using System.Globalization;
using OrleansFlow.Engine;
using OrleansFlow.Errors;
using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Streaming.Objects;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Streaming.Sql.Execution;
using OrleansFlow.Streaming.Sql.Planning;
using OrleansFlow.Streaming.Udfs;
using StreamProgram = OrleansFlow.Protocol.Streaming.V1.Program;

namespace OrleansFlow.Cli.Commands.Streams;

/// <summary>Runs a streaming text in this process, until its data is through or somebody interrupts it. What it says of itself goes to the error stream: rows may go to the other.</summary>
/// <param name="choices">What was asked for.</param>
/// <param name="told">Where it says what happens.</param>
/// <param name="clock">The time.</param>
internal sealed class StreamRun(StreamRunChoices choices, TextWriter told, TimeProvider clock)
{
    /// <summary>How long the checkpoint of an interruption may take. The command line ends the process after 30 s.</summary>
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(25);

    private readonly TextWriter _told = TextWriter.Synchronized(told);

    /// <returns>The exit code: 0 when the data is through, or the job was stopped at a checkpoint.</returns>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        if (!choices.File.Exists)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"There is no file '{choices.File.FullName}'.");
        }

        var program = await StreamPlanner.PlanAsync(
            await File.ReadAllTextAsync(choices.File.FullName, cancellationToken) + choices.Settings,
            new StreamPlanOptions { Parallelism = choices.Parallelism, ReadFunctionFile = FunctionFiles.Below(choices.File.DirectoryName!) },
            cancellationToken);
        var own = choices.StateDirectory is null ? Directory.CreateTempSubdirectory("flow-run-") : null;
        try
        {
            using var store = ObjectStores.Open(own?.FullName ?? UrlOf(choices.StateDirectory!), clock);
            await using var engine = await EngineInstance.OpenAsync(new EngineOptions { ThreadCount = 1 }, cancellationToken);
            await using var functions = await LoadedFunctions.LoadAsync(
                program, UserFunctionSettings.Local, new FunctionContents(), cancellationToken, (names, line) => Say($"{names}: {line}"), clock);
            var operators = new OperatorRegistry().AddKnown().AddSql(engine, functions);
            await using var job = await LocalJob.OpenAsync(SetupOf(program, operators, store), cancellationToken);
            Say($"generation {job.Generation}, {SourceOf(job)}, {job.SubtaskCount} subtasks, state in {(own is null ? store.Url : "a folder that is removed at the end")}");
            return await RunAsync(job, own is null, cancellationToken);
        }
        finally
        {
            own?.Delete(recursive: true);
        }
    }

    private static string UrlOf(string directory) => directory.Contains("://", StringComparison.Ordinal) ? directory : Path.GetFullPath(directory);

    private static string SourceOf(LocalJob job) => job.Restored is { } from ? string.Create(CultureInfo.InvariantCulture, $"from checkpoint {from.Epoch}") : "from nothing";

    private LocalJobSetup SetupOf(StreamProgram program, OperatorRegistry operators, IObjectStore store) => new()
    {
        Program = program,
        Operators = operators,
        Store = store,
        CheckpointInterval = choices.CheckpointInterval,
        Savepoint = choices.FromSavepoint,
        AcceptsChangedProgram = choices.AcceptsChanges,
        DropsUnknownState = choices.DropsUnknownState,
        Clock = clock,
        CheckpointTaken = choices.IsVerbose ? manifest => Say(string.Create(CultureInfo.InvariantCulture, $"checkpoint {manifest.Epoch}")) : null,
        CheckpointFailed = exception => Say($"a checkpoint failed, the job goes on: {exception.Message}"),
    };

    private async Task<int> RunAsync(LocalJob job, bool isKept, CancellationToken cancellationToken)
    {
        var interrupted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var registration = cancellationToken.UnsafeRegister(static source => ((TaskCompletionSource)source!).TrySetResult(), interrupted);
        var run = job.RunAsync(CancellationToken.None);
        if (await Task.WhenAny(run, interrupted.Task) != run)
        {
            await StopAsync(job, isKept);
        }

        await run;
        if (!interrupted.Task.IsCompleted)
        {
            Say("the data is through");
        }

        return 0;
    }

    private async Task StopAsync(LocalJob job, bool isKept)
    {
        using var late = new CancellationTokenSource(StopTimeout, clock);
        try
        {
            var manifest = choices.Savepoint is { } name
                ? await job.SavepointAsync(name, thenStop: true, late.Token)
                : await job.CheckpointAsync(thenStop: true, late.Token);
            Say(string.Create(CultureInfo.InvariantCulture, $"stopped at checkpoint {manifest.Epoch}{(isKept ? "; run it again to go on" : "")}"));
        }
        catch (FlowException exception) when (exception.Code == FlowErrorCode.AlreadyEnded)
        {
            // The data came to its end meanwhile.
            Say("the data is through");
        }
    }

    private void Say(string words) => _told.WriteLine($"flow: {choices.File.Name}: {words}");
}
