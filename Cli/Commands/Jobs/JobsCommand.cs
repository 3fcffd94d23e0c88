using System.CommandLine;
using System.Globalization;
using OrleansFlow.Client;
using OrleansFlow.Client.Jobs;
using OrleansFlow.Errors;
using OrleansFlow.Streaming.Sql.Planning;
using Spectre.Console;

namespace OrleansFlow.Cli.Commands.Jobs;

/// <summary><c>flow jobs</c>: submits and steers streaming jobs.</summary>
internal static class JobsCommand
{
    public static Command Create() => new("jobs", "Submit streaming jobs, look at them and steer them.")
    {
        CreateSubmit(),
        CreateList(),
        Steer("get", "Show a job, its workers and its nodes.", [], (client, id, _, cancellationToken) => client.Jobs.GetAsync(id, cancellationToken)),
        CreateWatch(),
        CreateStop(),
        CreateStart(),
        CreateRestart(),
        CreateRescale(),
        CreateCheckpoint(),
        SavepointCommand.Create(),
        PreviewCommand.CreatePreview(),
        PreviewCommand.CreateTail(),
        CreateDelete(),
    };

    private static Command CreateSubmit()
    {
        var file = new Argument<string>("file") { Description = "File of streaming SQL; - for standard input." };
        var id = new Option<string?>("--id") { Description = "Id of the job; else one is made. Submitting the same text under the same id again changes nothing." };
        var parallelism = new Option<int>("--parallelism", "-p") { Description = "Subtasks of each node that may have several.", DefaultValueFactory = _ => 1 };
        var interval = new Option<TimeSpan?>("--checkpoint-interval") { Description = "Time between checkpoints, for example 00:00:10; else as the silo is configured." };
        var url = new Option<string?>("--checkpoint-url") { Description = "Where checkpoints are: file:///folder or s3://bucket/prefix; else as the silo is configured." };
        var live = new Option<TimeSpan?>("--time-to-live") { Description = "The job is stopped after that time; else never." };
        var savepoint = new Option<string?>("--from-savepoint") { Description = "What it begins from: JOB/NAME. Its state is copied.", HelpName = "JOB/NAME" };
        var drop = new Option<bool>("--drop-unknown-state") { Description = "With --from-savepoint: state of operators that the text does not have is left behind; else such a text is refused." };
        var command = new Command("submit", "Make a job of streaming SQL and start it.") { file, id, parallelism, interval, url, live, savepoint, drop };
        var barriers = BarrierOptions.AddTo(command);
        var gateway = GatewayOptions.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var sql = await ReadAsync(parsed.GetValue(file)!, cancellationToken) + barriers.StatementsOf(parsed);
            await using var client = gateway.Connect(parsed);
            var options = new StreamJobOptions
            {
                JobId = parsed.GetValue(id),
                Parallelism = parsed.GetValue(parallelism),
                CheckpointInterval = parsed.GetValue(interval),
                CheckpointUrl = parsed.GetValue(url),
                TimeToLive = parsed.GetValue(live),
                FromSavepoint = ParseSavepoint(parsed.GetValue(savepoint)),
                DropUnknownState = parsed.GetValue(drop),
            };
            Console.WriteLine((await client.Jobs.SubmitSqlAsync(sql, options, cancellationToken)).JobId);
            return 0;
        });
        return command;
    }

    private static Command CreateList()
    {
        var command = new Command("list", "List jobs, newest first.");
        var gateway = GatewayOptions.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var client = gateway.Connect(parsed);
            AnsiConsole.Write(JobTables.Jobs(await client.Jobs.ListAsync(cancellationToken).ToListAsync(cancellationToken)));
            return 0;
        });
        return command;
    }

    private static Command CreateWatch()
    {
        var id = Id();
        var command = new Command("watch", "Print a line whenever the job changes, until it finishes, stops or fails. Fails when the job has failed.") { id };
        var gateway = GatewayOptions.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var client = gateway.Connect(parsed);
            FlowStreamJob? last = null;
            await foreach (var job in client.Jobs.WatchAsync(parsed.GetValue(id)!, untilAtRest: true, cancellationToken))
            {
                last = job;
                Console.WriteLine(JobTables.Line(job));
            }

            return last?.State == StreamJobState.Failed ? last.FailureKind?.ExitCode ?? 1 : 0;
        });
        return command;
    }

    private static Command CreateStop()
    {
        var mode = new Option<StreamJobStop>("--mode") { Description = "checkpoint: a last checkpoint; graceful: sources end, what is under way goes through; immediate: where it is; force: workers let go.", DefaultValueFactory = _ => StreamJobStop.Checkpoint };
        return Steer("stop", "Stop a job.", [mode], (client, id, parsed, cancellationToken) => client.Jobs.StopAsync(id, parsed.GetValue(mode), cancellationToken));
    }

    private static Command CreateStart()
    {
        var ignore = IgnoreState();
        return Steer("start", "Start a job that rests.", [ignore], (client, id, parsed, cancellationToken) => client.Jobs.StartAsync(id, parsed.GetValue(ignore), cancellationToken));
    }

    private static Command CreateRestart()
    {
        var (force, ignore) = (new Option<bool>("--force") { Description = "Without a last checkpoint." }, IgnoreState());
        return Steer(
            "restart", "Make a job begin again.", [force, ignore], (client, id, parsed, cancellationToken) => client.Jobs.RestartAsync(id, parsed.GetValue(force), parsed.GetValue(ignore), cancellationToken));
    }

    private static Command CreateRescale()
    {
        var all = new Option<int?>("--parallelism", "-p") { Description = "Subtasks of every node that has several now." };
        var nodes = new Option<string[]>("--node") { Description = "Subtasks of one node: 3=4. May be given several times.", DefaultValueFactory = _ => [] };
        return Steer("rescale", "Run a job with other numbers of subtasks, from a last checkpoint.", [all, nodes], (client, id, parsed, cancellationToken) =>
            client.Jobs.RescaleAsync(id, parsed.GetValue(all), ParseNodes(parsed.GetValue(nodes)!), cancellationToken));
    }

    private static Command CreateCheckpoint()
    {
        var (id, list) = (Id(), new Option<bool>("--list") { Description = "List those that count instead, newest first." });
        var command = new Command("checkpoint", "Take a checkpoint now, or list them.") { id, list };
        var gateway = GatewayOptions.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var client = gateway.Connect(parsed);
            if (parsed.GetValue(list))
            {
                AnsiConsole.Write(JobTables.Checkpoints(await client.Jobs.ListCheckpointsAsync(parsed.GetValue(id)!, cancellationToken)));
            }
            else
            {
                Console.WriteLine(JobTables.Line(await client.Jobs.TakeCheckpointAsync(parsed.GetValue(id)!, cancellationToken)));
            }

            return 0;
        });
        return command;
    }

    private static Command CreateDelete()
    {
        var id = Id();
        var command = new Command("delete", "Remove a job that rests, with its checkpoints and savepoints.") { id };
        var gateway = GatewayOptions.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var client = gateway.Connect(parsed);
            await client.Jobs.DeleteAsync(parsed.GetValue(id)!, cancellationToken);
            Console.WriteLine($"{parsed.GetValue(id)}: deleted");
            return 0;
        });
        return command;
    }

    private static Command Steer(string name, string description, IReadOnlyList<Option> options, Func<FlowClient, string, ParseResult, CancellationToken, Task<FlowStreamJob>> ask)
    {
        var id = Id();
        var command = new Command(name, description) { id };
        foreach (var option in options)
        {
            command.Options.Add(option);
        }

        var gateway = GatewayOptions.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var client = gateway.Connect(parsed);
            var job = await ask(client, parsed.GetValue(id)!, parsed, cancellationToken);
            AnsiConsole.Write(JobTables.Jobs([job]));
            if (name == "get")
            {
                AnsiConsole.Write(JobTables.Nodes(job));
                Console.WriteLine($"checkpoints every {job.CheckpointInterval} in {job.CheckpointUrl}");
                Console.WriteLine($"workers {(job.Workers.Count == 0 ? "none" : string.Join(", ", job.Workers.Select(one => $"{one.Key} ({one.Value} slots)")))}");
            }

            return 0;
        });
        return command;
    }

    internal static Argument<string> Id() => new("id") { Description = "Id of the job." };

    private static Option<bool> IgnoreState() => new("--ignore-state") { Description = "It begins from nothing, not from its newest checkpoint." };

    private static Dictionary<uint, int> ParseNodes(string[] texts)
    {
        var nodes = new Dictionary<uint, int>();
        foreach (var text in texts)
        {
            if (text.Split('=') is not [var node, var count]
                || !uint.TryParse(node, NumberStyles.None, CultureInfo.InvariantCulture, out var id)
                || !int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                throw new FlowException(FlowErrorCode.BadInput, $"--node {text} is none; write the node's id and its number of subtasks: 3=4.");
            }

            nodes[id] = number;
        }

        return nodes;
    }

    private static StreamJobSavepointRef? ParseSavepoint(string? text) => text?.Split('/') switch
    {
        null => null,
        [var job, var name] => new StreamJobSavepointRef(job, name),
        _ => throw new FlowException(FlowErrorCode.BadInput, $"--from-savepoint {text} is none; write the job's id and the name: JOB/NAME."),
    };

    internal static async Task<string> ReadAsync(string file, CancellationToken cancellationToken)
    {
        try
        {
            var text = file == "-" ? await Console.In.ReadToEndAsync(cancellationToken) : await File.ReadAllTextAsync(file, cancellationToken);

            // The gateway has not got the files that functions are in.
            var folder = file == "-" ? Environment.CurrentDirectory : Path.GetDirectoryName(Path.GetFullPath(file))!;
            return text.Contains("FUNCTION", StringComparison.OrdinalIgnoreCase) ? FunctionFiles.Inline(text, FunctionFiles.Below(folder)) : text;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new FlowException(FlowErrorCode.DataFileMissing, $"SQL file '{file}' cannot be read: {exception.Message}", exception);
        }
    }
}
