using System.CommandLine;
using OrleansFlow.Cli.Commands;
using OrleansFlow.Cli.Commands.Jobs;
using OrleansFlow.Cli.Commands.Sql;
using OrleansFlow.Cli.Commands.Workflows;
using OrleansFlow.Errors;

namespace OrleansFlow.Cli;

/// <summary>The <c>flow</c> command: parses, runs, and turns every failure into one clear message and an exit code.</summary>
/// <remarks>Exit codes: 0 success, 1 failure, 2 the caller's mistake, 130 interrupted.</remarks>
internal static class FlowCommandLine
{
    private const int Failure = 1;
    private const int CallersMistake = 2;
    private const int Interrupted = 130;
    private const int RedirectedWidth = 200;

    /// <summary>How long a command may take to leave nothing behind after Ctrl-C: a silo alone may need ten seconds.</summary>
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(30);

    public static async Task<int> RunAsync(string[] args, CancellationToken cancellationToken)
    {
        var root = new RootCommand("OrleansFlow: task graphs, workflows, SQL and streams on virtual grains.")
        {
            DemoCommand.Create(),
            SiloCommand.Create(),
            WorkerCommand.Create(),
            SubmitCommand.Create(),
            RunsCommand.Create(),
            RunCommand.Create(),
            GetCommand.Create(),
            SqlCommand.Create(),
            QueriesCommand.Create(),
            CancelCommand.Create(),
            PauseCommand.CreatePause(),
            PauseCommand.CreateResume(),
            RerunCommand.Create(),
            WhyCommand.Create(),
            AnswerCommand.Create("approve", approves: true),
            AnswerCommand.Create("reject", approves: false),
            WorkflowCommand.Create(),
            ScheduleCommand.Create(),
            JobsCommand.Create(),
            WorkersCommand.Create(),
            DoctorCommand.Create(),
            DbCommand.Create(),
            TestCommand.Create(),
            BenchCommand.Create(),
#if EMBEDDED_RUNTIME
            SimulateCommand.Create(),
#endif
        };
        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors)
            {
                await Console.Error.WriteLineAsync($"flow: {error.Message}");
            }

            await Console.Error.WriteLineAsync("Try 'flow --help'.");
            return CallersMistake;
        }

        if (Console.IsOutputRedirected)
        {
            // A file or pipe has no width; the default of 80 would break lines that the next program reads.
            Spectre.Console.AnsiConsole.Profile.Width = RedirectedWidth;
        }

        try
        {
            return await parsed.InvokeAsync(
                new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = StopTimeout }, cancellationToken);
        }
        catch (FlowException exception)
        {
            await Console.Error.WriteLineAsync($"flow: {exception.Kind.Wire}: {exception.Message}");
            return exception.Kind.ExitCode;
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync("flow: interrupted");
            return Interrupted;
        }
        catch (Exception exception)
        {
            // The last line of defence: a fault nobody foresaw is a failure with its whole trace, because a report needs it.
            await Console.Error.WriteLineAsync($"flow: {FlowErrorKind.Of(FlowErrorCode.UnexpectedError).Wire}: {exception}");
            return Failure;
        }
    }
}
