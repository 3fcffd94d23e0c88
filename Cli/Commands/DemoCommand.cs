using System.CommandLine;
using OrleansFlow.Cli.Demo;

namespace OrleansFlow.Cli.Commands;

/// <summary><c>flow demo</c>: the main job, end to end.</summary>
internal static class DemoCommand
{
    public static Command Create()
    {
        var keep = new Option<bool>("--keep") { Description = "Stay up afterwards, and say which commands to try." };
        var data = new Option<string>("--data") { Description = "Folder for store and artifacts; emptied first.", DefaultValueFactory = _ => Path.Combine(".flow", "demo") };
        var command = new Command("demo", "Three million flights through silo and two workers, one of which is killed.") { keep, data };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var demo = new DemoSession(Path.GetFullPath(parsed.GetValue(data)!), parsed.GetValue(keep));
            return await demo.RunAsync(cancellationToken);
        });
        return command;
    }
}
