using Microsoft.Extensions.Options;
using OrleansFlow.Decisions.Jobs;
using OrleansFlow.Errors;
using OrleansFlow.Grains.Jobs;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Udfs;

namespace OrleansFlow.Silo.Gateway.Jobs;

/// <summary>Makes programs ready: those that cannot run, and those with functions of users where these are not wanted, are refused before workers hear of them.</summary>
internal sealed class JobPrograms(IOptions<JobOptions> options) : IJobPrograms
{
    public Task<JobFailure?> PrepareAsync(string jobId, Program program, CancellationToken cancellationToken) => Task.FromResult(Check(jobId, program));

    private JobFailure? Check(string jobId, Program program)
    {
        if (ProgramChecks.Check(program) is { Count: > 0 } problems)
        {
            return new JobFailure(FlowErrorCode.BadInput, $"The program of job '{jobId}' cannot run: {string.Join("; ", problems)}", IsRetryable: false);
        }

        if (program.Functions.Count == 0)
        {
            return null;
        }

        if (!options.Value.AllowsUserFunctions)
        {
            var names = string.Join(", ", program.Functions.Select(one => $"'{one.Name}' ({(one.Language.Length == 0 ? "no language" : one.Language)})"));
            return new JobFailure(
                FlowErrorCode.Unsupported,
                $"Job '{jobId}' brings functions of its own: {names}. This silo takes none; use those that SQL has, or have it take them: {JobOptions.SectionName}:{nameof(JobOptions.AllowsUserFunctions)}, and at the workers {UserFunctionOptions.SectionName}.",
                IsRetryable: false);
        }

        try
        {
            foreach (var function in program.Functions)
            {
                _ = new FunctionSignature(function);
            }

            return null;
        }
        catch (FlowException exception)
        {
            return new JobFailure(exception.Code, exception.Message, IsRetryable: false);
        }
    }
}
