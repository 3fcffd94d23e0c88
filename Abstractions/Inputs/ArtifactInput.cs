using System.Text.Json;

namespace OrleansFlow.Inputs;

/// <summary>Payload of a batch that <c>pull.from_artifacts</c> read.</summary>
/// <param name="FromNode">The node that made it.</param>
/// <param name="Uid">Names the artifact: node, task and number.</param>
/// <param name="Meta">What its maker noted of it; undefined for nothing.</param>
public sealed record ArtifactInput(string FromNode, string Uid, JsonElement Meta = default);

/// <summary>Payload of a batch that <c>pull.from_artifacts.rechunk:size</c> cut.</summary>
/// <param name="FromNode">The node that made the artifact.</param>
/// <param name="ParentUid">Names the artifact.</param>
/// <param name="Index">Number of the piece within the artifact, from 0.</param>
/// <param name="Items">The items of the artifact's meta; empty where the items are the rows of the batch.</param>
/// <param name="MetaListKey">The member of the meta that was asked for; null for none.</param>
public sealed record ArtifactChunk(string FromNode, string ParentUid, int Index, IReadOnlyList<JsonElement> Items, string? MetaListKey);
