using System.Globalization;
using System.Runtime.CompilerServices;
using System.Xml.Linq;
using OrleansFlow.Errors;

namespace OrleansFlow.Streaming.Objects.S3;

/// <summary>
/// Objects of a bucket over the plain S3 protocol: signature version 4, conditional creation by <c>If-None-Match: *</c>, large objects in parts.
/// The service must know conditional writes (AWS, MinIO and others do).
/// </summary>
public sealed class S3ObjectStore : IObjectStore
{
    private const int PreconditionFailed = 412;
    private const int NotFound = 404;

    private readonly S3ObjectStoreOptions _options;
    private readonly S3Client _client;
    private readonly string _prefix;

    /// <summary>Opens a bucket; nothing is sent yet.</summary>
    /// <param name="options">Which bucket, and how.</param>
    /// <param name="clock">The time that requests are signed with, and that waits take; null for the system's.</param>
    /// <exception cref="FlowException">An option is wrong (<see cref="FlowErrorCode.BadOption"/>).</exception>
    public S3ObjectStore(S3ObjectStoreOptions options, TimeProvider? clock = null)
        : this(options, clock, null)
    {
    }

    internal S3ObjectStore(S3ObjectStoreOptions options, TimeProvider? clock, HttpMessageHandler? handler)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _options = options;
        _prefix = options.Prefix.Length == 0 ? "" : options.Prefix + "/";
        _client = new S3Client(options, clock ?? TimeProvider.System, handler);
    }

    /// <inheritdoc/>
    public string Url => $"s3://{_options.Bucket}/{_options.Prefix}";

    /// <inheritdoc/>
    public async ValueTask PutAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        using var response = await _client.SendAsync(new S3Request(HttpMethod.Put, KeyOf(name)) { Content = content }, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<bool> TryCreateAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        var request = new S3Request(HttpMethod.Put, KeyOf(name)) { Content = content, Headers = [new("if-none-match", "*")], Expected = [PreconditionFailed] };
        using var response = await _client.SendAsync(request, cancellationToken);
        if (response.Status != PreconditionFailed)
        {
            return true;
        }

        // An earlier try may have stored the object and lost its answer: then it is ours.
        return response.Attempts > 1 && await TryGetAsync(name, content.Length, cancellationToken) is { } there && content.Span.SequenceEqual(there);
    }

    /// <inheritdoc/>
    public ValueTask<ObjectUpload> UploadAsync(string name, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult<ObjectUpload>(new S3Upload(_client, KeyOf(name), _options.PartBytes));
    }

    /// <inheritdoc/>
    public async ValueTask<byte[]?> TryGetAsync(string name, int bytesMax, CancellationToken cancellationToken)
    {
        await using var stream = await TryOpenAsync(name, cancellationToken);
        if (stream is null)
        {
            return null;
        }

        if (stream.Length > bytesMax)
        {
            throw new FlowException(FlowErrorCode.LimitExceeded, $"Object '{name}' of {Url} has {stream.Length} bytes; at most {bytesMax} are read.");
        }

        var content = new byte[stream.Length];
        await stream.ReadExactlyAsync(content, cancellationToken);
        return content;
    }

    /// <inheritdoc/>
    public async ValueTask<Stream> OpenReadAsync(string name, CancellationToken cancellationToken) =>
        await TryOpenAsync(name, cancellationToken) ?? throw new FlowException(FlowErrorCode.DataFileMissing, $"There is no object '{name}' in {Url}.");

    /// <inheritdoc/>
    public async IAsyncEnumerable<ObjectEntry> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ObjectName.CheckPrefix(prefix);
        string? next = null;
        do
        {
            var query = new List<KeyValuePair<string, string>> { new("list-type", "2"), new("prefix", _prefix + prefix) };
            if (next is not null)
            {
                query.Add(new("continuation-token", next));
            }

            XElement page;
            using (var response = await _client.SendAsync(new S3Request(HttpMethod.Get, "") { Query = query }, cancellationToken))
            {
                page = await S3Client.ReadXmlAsync(response.Message, cancellationToken);
            }

            foreach (var entry in page.Elements().Where(child => child.Name.LocalName == "Contents"))
            {
                yield return new ObjectEntry(
                    (S3Client.TextOf(entry, "Key") ?? "")[_prefix.Length..], long.Parse(S3Client.TextOf(entry, "Size") ?? "0", CultureInfo.InvariantCulture));
            }

            next = S3Client.TextOf(page, "IsTruncated") == "true" ? S3Client.TextOf(page, "NextContinuationToken") : null;
        }
        while (next is not null);
    }

    /// <inheritdoc/>
    public async ValueTask DeleteAsync(string name, CancellationToken cancellationToken)
    {
        using var response = await _client.SendAsync(new S3Request(HttpMethod.Delete, KeyOf(name)) { Expected = [NotFound] }, cancellationToken);
    }

    /// <summary>Closes the connections.</summary>
    public void Dispose() => _client.Dispose();

    private async ValueTask<S3ReadStream?> TryOpenAsync(string name, CancellationToken cancellationToken)
    {
        var request = new S3Request(HttpMethod.Get, KeyOf(name)) { Expected = [NotFound] };
        var response = await _client.SendAsync(request, cancellationToken);
        if (response.Status == NotFound)
        {
            response.Dispose();
            return null;
        }

        return new S3ReadStream(_client, request, response, _options.AttemptsMax);
    }

    private string KeyOf(string name)
    {
        ObjectName.Check(name);
        return _prefix + name;
    }
}
