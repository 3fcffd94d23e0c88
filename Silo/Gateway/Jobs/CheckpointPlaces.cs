using Microsoft.Extensions.Options;
using OrleansFlow.Errors;
using OrleansFlow.Grains.Jobs;
using OrleansFlow.Silo.Hosting;

namespace OrleansFlow.Silo.Gateway.Jobs;

/// <summary>Where jobs of a silo may keep their checkpoints: a job names a place itself, and silo and workers write there with their own rights, so the options say which places these are.</summary>
internal sealed class CheckpointPlaces(GatewayIdentity identity, IOptions<JobOptions> options) : ICheckpointPlaces
{
    /// <summary>Where jobs are that do not say it.</summary>
    public string Default => options.Value.CheckpointUrl ?? new Uri(Path.Combine(identity.ArtifactFolder, "checkpoints")).AbsoluteUri;

    /// <summary>Whether a text is the URL of a store. One that leads upwards (<c>..</c>) is none: who reads it where would decide what it means.</summary>
    public static bool IsUrl(string url) => Uri.TryCreate(url, UriKind.Absolute, out var parsed)
        && parsed is { Scheme: "file", Host: "", AbsolutePath.Length: > 1 } or { Scheme: "s3", Host.Length: > 0, UserInfo: "", Query: "" }
        && !Uri.UnescapeDataString(url).Split('/', '\\').Any(part => part is "." or "..");

    /// <inheritdoc/>
    public void Require(string url)
    {
        if (!IsUrl(url))
        {
            throw new FlowException(FlowErrorCode.BadInput, $"checkpoint_url is '{url}'; use file:///folder or s3://bucket/prefix, without '.' and '..' in it.");
        }

        if (!IsBelow(url, Default) && !options.Value.AllowedCheckpointUrls.Any(allowed => IsBelow(url, allowed)))
        {
            throw new FlowException(
                FlowErrorCode.BadInput,
                $"checkpoint_url is '{url}'; jobs here keep their checkpoints below {string.Join(", ", options.Value.AllowedCheckpointUrls.Prepend(Default))} alone. Leave it out, or have the place added to {JobOptions.SectionName}:{nameof(JobOptions.AllowedCheckpointUrls)} of the silo.");
        }
    }

    private static bool IsBelow(string url, string root)
    {
        var (place, top) = (new Uri(url), new Uri(root));
        var (path, prefix) = (PathOf(place), PathOf(top));
        return place.Scheme == top.Scheme && place.Host == top.Host
            && path.StartsWith(prefix, StringComparison.Ordinal) && (path.Length == prefix.Length || prefix.Length == 0 || path[prefix.Length] == '/');
    }

    // As the stores read it: a folder's name without escapes, a bucket's prefix as it is written.
    private static string PathOf(Uri url) => url.IsFile ? Path.GetFullPath(url.LocalPath).Replace('\\', '/').TrimEnd('/') : url.AbsolutePath.Trim('/');
}
