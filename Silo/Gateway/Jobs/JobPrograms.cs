using OrleansFlow.Decisions.Jobs;
using OrleansFlow.Errors;
using OrleansFlow.Grains.Jobs;
using OrleansFlow.Protocol.Streaming.V1;

namespace OrleansFlow.Silo.Gateway.Jobs;

/// <summary>Makes programs ready. Functions of users cannot be loaded yet, so a program that calls one is refused.</summary>
internal sealed class JobPrograms : IJobPrograms
{
    public Task<JobFailure?> PrepareAsync(string jobId, Program program, CancellationToken cancellationToken) => Task.FromResult(Check(jobId, program));

    private static JobFailure? Check(string jobId, Program program)
    {
        if (ProgramChecks.Check(program) is { Count: > 0 } problems)
        {
            return new JobFailure(FlowErrorCode.BadInput, $"The program of job '{jobId}' cannot run: {string.Join("; ", problems)}", IsRetryable: false);
        }

        if (program.Functions.Count == 0)
        {
            return null;
        }

        var names = string.Join(", ", program.Functions.Select(one => $"'{one.Name}' ({(one.Language.Length == 0 ? "no language" : one.Language)})"));
        return new JobFailure(FlowErrorCode.Unsupported, $"Job '{jobId}' calls functions of its own: {names}. This version cannot load functions; use those that SQL has, or an operator that workers register.", IsRetryable: false);
    }
}
