using System.CommandLine;
using OrleansFlow.Cli.Rendering;
using OrleansFlow.Client;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Schedules;
using Spectre.Console;

namespace OrleansFlow.Cli.Commands.Workflows;

/// <summary><c>flow schedule</c>: looks after schedules of workflow runs.</summary>
internal static class ScheduleCommand
{
    public static Command Create() => new("schedule", "Make, look at and steer schedules of workflow runs.")
    {
        CreatePut(),
        CreateList(),
        Create("show", "Show a schedule, its next times and its newest runs.", (client, id, _, cancellationToken) => client.Schedules.GetAsync(id, cancellationToken), hasNote: false, isLong: true),
        Create("pause", "Start nothing by itself until it goes on.", (client, id, note, cancellationToken) => client.Schedules.PauseAsync(id, note, cancellationToken), hasNote: true),
        Create("unpause", "Go on with the next time.", (client, id, note, cancellationToken) => client.Schedules.UnpauseAsync(id, note, cancellationToken), hasNote: true),
        CreateTrigger(),
        CreateBackfill(),
        CreateDelete(),
    };

    private static Command CreatePut()
    {
        var id = Id();
        var file = new Argument<string>("file") { Description = "JSON: {\"times\":{\"cron\":[\"0 6 * * 1-5\"],\"zone\":\"Europe/Berlin\"},\"run\":{\"workflow\":\"report\",\"input\":1},\"overlap\":\"skip\"}" };
        var command = new Command("put", "Create a schedule, or change what it is to do.") { id, file };
        var gateway = GatewayOptions.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var schedule = WorkflowSchedule.Parse(await WorkflowText.ReadAsync(parsed.GetValue(file)!, cancellationToken));
            await using var client = gateway.Connect(parsed);
            var created = await client.Schedules.PutAsync(parsed.GetValue(id)!, schedule, cancellationToken);
            Console.WriteLine($"{parsed.GetValue(id)}: {(created ? "created" : "changed")}");
            return 0;
        });
        return command;
    }

    private static Command CreateList()
    {
        var command = new Command("list", "List schedules by id.");
        var gateway = GatewayOptions.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var client = gateway.Connect(parsed);
            AnsiConsole.Write(WorkflowTables.Schedules(await client.Schedules.ListAsync(cancellationToken).ToListAsync(cancellationToken)));
            return 0;
        });
        return command;
    }

    private static Command Create(
        string name, string description, Func<FlowClient, string, string, CancellationToken, Task<WorkflowScheduleView>> ask, bool hasNote, bool isLong = false)
    {
        var id = Id();
        var note = new Option<string>("--note") { Description = "Kept with the schedule.", DefaultValueFactory = _ => "" };
        var command = new Command(name, description) { id };
        if (hasNote)
        {
            command.Options.Add(note);
        }

        var gateway = GatewayOptions.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var client = gateway.Connect(parsed);
            Print(await ask(client, parsed.GetValue(id)!, hasNote ? parsed.GetValue(note)! : "", cancellationToken), isLong);
            return 0;
        });
        return command;
    }

    private static Command CreateTrigger()
    {
        var (id, overlap) = (Id(), Overlap());
        var command = new Command("trigger", "Start a run now, paused or not.") { id, overlap };
        var gateway = GatewayOptions.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var client = gateway.Connect(parsed);
            Print(await client.Schedules.TriggerAsync(parsed.GetValue(id)!, parsed.GetValue(overlap), cancellationToken), isLong: true);
            return 0;
        });
        return command;
    }

    private static Command CreateBackfill()
    {
        var (id, overlap) = (Id(), Overlap());
        var from = new Argument<string>("from") { Description = "From this time on: 2026-05-01T06:00:00Z." };
        var until = new Argument<string>("until") { Description = "Up to this time; not in the future." };
        var command = new Command("backfill", "Do the times of a range of the past, one after the other unless --overlap says otherwise. A time that was run is not run again.") { id, from, until, overlap };
        var gateway = GatewayOptions.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (first, last) = (WorkflowText.Moment(parsed.GetValue(from)!, "from"), WorkflowText.Moment(parsed.GetValue(until)!, "until"));
            await using var client = gateway.Connect(parsed);
            Print(await client.Schedules.BackfillAsync(parsed.GetValue(id)!, first, last, parsed.GetValue(overlap), cancellationToken), isLong: true);
            return 0;
        });
        return command;
    }

    private static Command CreateDelete()
    {
        var id = Id();
        var command = new Command("delete", "Delete a schedule; its runs go on.") { id };
        var gateway = GatewayOptions.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var client = gateway.Connect(parsed);
            await client.Schedules.DeleteAsync(parsed.GetValue(id)!, cancellationToken);
            Console.WriteLine($"{parsed.GetValue(id)}: deleted");
            return 0;
        });
        return command;
    }

    private static Argument<string> Id() => new("id") { Description = "Id of the schedule." };

    private static Option<ScheduleOverlap?> Overlap() => new("--overlap") { Description = "What happens while another run has not ended." };

    private static void Print(WorkflowScheduleView view, bool isLong)
    {
        AnsiConsole.Write(WorkflowTables.Schedules([view]));
        if (isLong)
        {
            Console.WriteLine($"next {string.Join(", ", view.NextUtc.Select(RunTables.Time))}");
            Console.WriteLine(WorkflowText.Pretty(view.Schedule));
            AnsiConsole.Write(WorkflowTables.ScheduleRuns(view.Recent));
        }
    }
}
