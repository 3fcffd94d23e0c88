using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using OrleansFlow.Errors;

namespace OrleansFlow.Storage;

/// <summary>Turns grain states into JSON that an operator can read, and back.</summary>
/// <remarks>
/// Our own states come with source-generated contexts (register each as an <see cref="IJsonTypeInfoResolver"/> service); users' types fall
/// back to reflection. An unknown member is skipped, so that an older silo reads what a newer one wrote.
/// </remarks>
internal sealed class GrainStateJson
{
    private readonly JsonSerializerOptions _options;

    public GrainStateJson(IEnumerable<IJsonTypeInfoResolver> resolvers)
    {
        _options = new JsonSerializerOptions(JsonSerializerDefaults.Web)
        {
            // Nothing shows these rows in a web page, and a document in a row has a quotation mark in every second place: escaped for HTML it is twice as long.
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            TypeInfoResolver = JsonTypeInfoResolver.Combine([.. resolvers, new DefaultJsonTypeInfoResolver()]),
        };
        _options.MakeReadOnly();
    }

    public byte[] Write<T>(T state) => JsonSerializer.SerializeToUtf8Bytes(state, (JsonTypeInfo<T>)_options.GetTypeInfo(typeof(T)));

    /// <summary>The same as text, for stores that take text.</summary>
    public string WriteText<T>(T state) => JsonSerializer.Serialize(state, (JsonTypeInfo<T>)_options.GetTypeInfo(typeof(T)));

    /// <summary>The same for a type that is known at run time only.</summary>
    public string WriteText(object state, Type type) => JsonSerializer.Serialize(state, _options.GetTypeInfo(type));

    /// <summary>The same for a type that is known at run time only.</summary>
    public byte[] Write(object state, Type type) => JsonSerializer.SerializeToUtf8Bytes(state, _options.GetTypeInfo(type));

    /// <exception cref="FlowException"><c>state_corrupt</c>: the text is not what it should be.</exception>
    public T Read<T>(string grain, string stateName, byte[] payload)
    {
        try
        {
            return JsonSerializer.Deserialize(payload, (JsonTypeInfo<T>)_options.GetTypeInfo(typeof(T))) ?? throw new JsonException("the stored JSON is null");
        }
        catch (JsonException exception)
        {
            throw new FlowException(
                FlowErrorCode.StateCorrupt, $"State '{stateName}' of grain '{grain}' cannot be read ({exception.Message}); its row is kept.", exception);
        }
    }

    /// <summary>The state of a grain that has none stored: what its parameterless constructor makes.</summary>
    public T Empty<T>() => ((JsonTypeInfo<T>)_options.GetTypeInfo(typeof(T))).CreateObject is { } create ? create() : Activator.CreateInstance<T>();
}
