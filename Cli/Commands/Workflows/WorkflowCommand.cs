using System.CommandLine;

namespace OrleansFlow.Cli.Commands.Workflows;

/// <summary><c>flow workflow</c>: looks at and steers workflow runs.</summary>
internal static class WorkflowCommand
{
    public static Command Create() => new("workflow", "Start, look at and steer workflow runs.")
    {
        WorkflowStartCommand.Create(),
        WorkflowListCommand.Create(),
        WorkflowViewCommands.CreateShow(),
        WorkflowViewCommands.CreateWhy(),
        WorkflowViewCommands.CreateErrors(),
        WorkflowViewCommands.CreateContext(),
        WorkflowHistoryCommands.CreateHistory(),
        WorkflowHistoryCommands.CreatePicture(),
        WorkflowHistoryCommands.CreateReplay(),
        WorkflowMessageCommands.CreateSignal(),
        WorkflowMessageCommands.CreateQuery(),
        WorkflowMessageCommands.CreateUpdate(),
        WorkflowSteerCommands.Create("pause", "Hand out no more steps of a run; steps in flight may end.", (run, reason, token) => run.PauseAsync(reason, token)),
        WorkflowSteerCommands.Create("resume", "Let a paused or failed run go on.", (run, reason, token) => run.ResumeAsync(reason, token)),
        WorkflowSteerCommands.Create("cancel", "Cancel a run; final when the command returns.", (run, reason, token) => run.CancelAsync(reason, token)),
        WorkflowSteerCommands.Create("terminate", "End a run at once, without telling its steps and children first.", (run, reason, token) => run.TerminateAsync(reason, token)),
        WorkflowSteerCommands.CreateReset(),
        WorkflowMigrateCommands.CreateMigrate(),
        WorkflowMigrateCommands.CreateState(),
        WorkflowMigrateCommands.CreateDefinitions(),
        WorkflowSteerCommands.CreateDelete(),
    };
}
