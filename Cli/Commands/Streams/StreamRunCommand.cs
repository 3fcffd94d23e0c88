using System.CommandLine;

namespace OrleansFlow.Cli.Commands.Streams;

/// <summary><c>flow run FILE.sql</c>: a streaming job in this process.</summary>
internal static class StreamRunCommand
{
    private const int ParallelismMax = 1_024;

    private static readonly TimeSpan IntervalMin = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan IntervalMax = TimeSpan.FromDays(1);

    public static Command Create(string name, string description)
    {
        var file = new Argument<FileInfo>("file") { Description = "The text: CREATE TABLE, CREATE VIEW, INSERT INTO, queries.", HelpName = "FILE.sql" };
        var state = new Option<string?>("--state-dir")
        {
            Description = "Folder of the job's checkpoints, or s3://bucket/prefix. A job whose folder has checkpoints goes on from the newest. Default: a folder that is removed at the end.",
            HelpName = "DIR",
        };
        var parallelism = new Option<uint>("--parallelism", "-p") { Description = $"Subtasks of each operator that may have several. 1 to {ParallelismMax}.", HelpName = "N", DefaultValueFactory = _ => 1 };
        parallelism.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<uint>() is < 1 or > ParallelismMax)
            {
                result.AddError($"--parallelism must be 1 to {ParallelismMax}.");
            }
        });
        var interval = new Option<TimeSpan>("--checkpoint-interval")
        {
            Description = "Time between checkpoints, in seconds (0.5) or as hh:mm:ss. Sinks show rows with each. 10 ms to 1 day.",
            HelpName = "TIME",
            DefaultValueFactory = _ => TimeSpan.FromSeconds(10),
            CustomParser = result =>
            {
                var text = result.Tokens[0].Value;
                var time = TimeText.TryParse(text) ?? TimeSpan.Zero;
                if (time < IntervalMin || time > IntervalMax)
                {
                    result.AddError($"--checkpoint-interval '{text}' is no time from 10 ms to 1 day; give seconds (0.5) or hh:mm:ss.");
                }

                return time;
            },
        };
        var from = new Option<string?>("--from-savepoint") { Description = "Begin from this savepoint and not from the newest checkpoint.", HelpName = "NAME" };
        var save = new Option<string?>("--savepoint") { Description = "Make a savepoint of the checkpoint that Ctrl-C takes.", HelpName = "NAME" };
        var accept = new Option<bool>("--accept-changes") { Description = "Go on from the newest checkpoint although the text is another one." };
        var drop = new Option<bool>("--drop-unknown-state") { Description = "Leave behind what operators kept that the text does not have any more." };
        var verbose = new Option<bool>("--verbose", "-v") { Description = "Say each checkpoint." };
        var command = new Command(name, description) { file, state, parallelism, interval, from, save, accept, drop, verbose };
        var barriers = BarrierOptions.AddTo(command);
        command.SetAction((parsed, cancellationToken) => new StreamRun(
            new StreamRunChoices
            {
                File = parsed.GetValue(file)!,
                StateDirectory = parsed.GetValue(state),
                Parallelism = parsed.GetValue(parallelism),
                CheckpointInterval = parsed.GetValue(interval),
                FromSavepoint = parsed.GetValue(from),
                Savepoint = parsed.GetValue(save),
                AcceptsChanges = parsed.GetValue(accept),
                DropsUnknownState = parsed.GetValue(drop),
                Settings = barriers.StatementsOf(parsed),
                IsVerbose = parsed.GetValue(verbose),
            },
            Console.Error,
            TimeProvider.System).RunAsync(cancellationToken));
        return command;
    }
}
