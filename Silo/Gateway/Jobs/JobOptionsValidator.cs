using System.Globalization;
using Microsoft.Extensions.Options;
using OrleansFlow.Decisions.Jobs;
using OrleansFlow.Hosting;

namespace OrleansFlow.Silo.Gateway.Jobs;

/// <summary>Checks every option and names key, value and range of each that is wrong.</summary>
internal sealed class JobOptionsValidator : IValidateOptions<JobOptions>
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, JobOptions options)
    {
        const string Section = JobOptions.SectionName;
        string?[] faults =
        [
            options.CheckpointUrl is { } url && !CheckpointPlaces.IsUrl(url) ? $"{Section}:{nameof(options.CheckpointUrl)} is '{url}'; use file:///folder or s3://bucket/prefix." : null,
            .. Faults(options.AllowedCheckpointUrls),
            OptionRange.Fault(Section, nameof(options.CheckpointInterval), options.CheckpointInterval, JobRules.CheckpointIntervalMin, JobRules.CheckpointIntervalMax),
            OptionRange.Fault(Section, nameof(options.WorkerStartTimeout), options.WorkerStartTimeout, Second, TimeSpan.FromDays(7)),
            OptionRange.Fault(Section, nameof(options.TaskStartTimeout), options.TaskStartTimeout, Second, TimeSpan.FromHours(1)),
            OptionRange.Fault(Section, nameof(options.HeartbeatTimeout), options.HeartbeatTimeout, TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(10)),
            OptionRange.Fault(Section, nameof(options.RestartsMax), options.RestartsMax, -1, 10_000),
            OptionRange.Fault(Section, nameof(options.BackoffMax), options.BackoffMax, TimeSpan.FromMilliseconds(500), TimeSpan.FromHours(1)),
            OptionRange.Fault(Section, nameof(options.CheckpointTimeout), options.CheckpointTimeout, Second, Day),
            OptionRange.Fault(Section, nameof(options.CommitTimeout), options.CommitTimeout, Second, Day),
            OptionRange.Fault(Section, nameof(options.CheckpointsKept), options.CheckpointsKept, 1, 1_000),
            OptionRange.Fault(Section, nameof(options.DrainGrace), options.DrainGrace, Second, TimeSpan.FromMinutes(10)),
        ];
        return faults.Any(fault => fault is not null) ? ValidateOptionsResult.Fail(faults.OfType<string>()) : ValidateOptionsResult.Success;
    }

    private static IEnumerable<string?> Faults(IList<string> urls) => urls.Select((url, index) => CheckpointPlaces.IsUrl(url)
        ? null
        : string.Create(CultureInfo.InvariantCulture, $"{JobOptions.SectionName}:{nameof(JobOptions.AllowedCheckpointUrls)}:{index} is '{url}'; use file:///folder or s3://bucket/prefix."));
}
