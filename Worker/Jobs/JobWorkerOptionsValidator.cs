using Microsoft.Extensions.Options;
using OrleansFlow.Hosting;
using OrleansFlow.Tasks;

namespace OrleansFlow.Worker.Jobs;

/// <summary>Checks every option at start and names each that is wrong: key, value, range.</summary>
internal sealed class JobWorkerOptionsValidator : IValidateOptions<JobWorkerOptions>
{
    public ValidateOptionsResult Validate(string? name, JobWorkerOptions options)
    {
        const string Section = JobWorkerOptions.SectionName;
        List<string?> faults =
        [
            OptionRange.Fault(Section, nameof(options.Slots), options.Slots, 0, JobWorkerOptions.SlotsMax),
            OptionRange.Fault(Section, nameof(options.RpcPort), options.RpcPort ?? 0, 0, System.Net.IPEndPoint.MaxPort),
            OptionRange.Fault(Section, nameof(options.StateMemoryBytes), options.StateMemoryBytes ?? 16L << 20, 16L << 20, 1L << 50),
            OptionRange.Fault(Section, nameof(options.DrainGrace), options.DrainGrace, TimeSpan.Zero, TimeSpan.FromHours(1)),
        ];
        if (options.JobId is { } job && !IdText.IsValid(job))
        {
            faults.Add($"{Section}:{nameof(options.JobId)} is '{job}'; use 1 to {IdText.MaxLength} letters, digits, '_', '-' or '.', starting with a letter or digit.");
        }

        if (options.RunId is not null && options.JobId is null)
        {
            faults.Add($"{Section}:{nameof(options.RunId)} is '{options.RunId}' without {nameof(options.JobId)}; name the job, too.");
        }

        var found = faults.OfType<string>().ToList();
        return found.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(found);
    }
}
