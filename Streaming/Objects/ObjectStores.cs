using OrleansFlow.Errors;
using OrleansFlow.Streaming.Objects.S3;

namespace OrleansFlow.Streaming.Objects;

/// <summary>Opens stores by their URL.</summary>
public static class ObjectStores
{
    /// <summary>Opens a store.</summary>
    /// <param name="url">
    /// <c>file:///folder</c> or an absolute path, or <c>s3://bucket/prefix</c>, whose endpoint, region and credentials come from the usual environment variables
    /// (<see cref="S3ObjectStoreOptions.FromEnvironment"/>).
    /// </param>
    /// <param name="clock">The time that requests are signed with; null for the system's.</param>
    /// <returns>The store; the caller disposes it.</returns>
    /// <exception cref="FlowException">The URL is none of these (<see cref="FlowErrorCode.BadOption"/>), or the store cannot be opened.</exception>
    public static IObjectStore Open(string url, TimeProvider? clock = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(url);
        if (Path.IsPathFullyQualified(url))
        {
            return new LocalObjectStore(url, clock);
        }

        return Uri.TryCreate(url, UriKind.Absolute, out var parsed)
            ? parsed switch
            {
                { Scheme: "file", Host: "", AbsolutePath.Length: > 1 } => new LocalObjectStore(parsed.LocalPath, clock),
                { Scheme: "s3", Host.Length: > 0, UserInfo: "", Query: "" } => new S3ObjectStore(
                    S3ObjectStoreOptions.FromEnvironment(Environment.GetEnvironmentVariable) with { Bucket = parsed.Host, Prefix = parsed.AbsolutePath.Trim('/') }, clock),
                _ => throw Unknown(url),
            }
            : throw Unknown(url);
    }

    private static FlowException Unknown(string url) =>
        new(FlowErrorCode.BadOption, $"The store '{url}' is none; it is file:///folder or s3://bucket/prefix.");
}
