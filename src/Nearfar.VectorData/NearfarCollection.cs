using System.Linq.Expressions;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.VectorData;
using Microsoft.Extensions.VectorData.ProviderServices;
using Nearfar.Search;
using Nearfar.Vectors;

namespace Nearfar.VectorData;

/// <summary>A collection as one record type sees it. The records are the store's: other types may see the same.</summary>
internal sealed class NearfarCollection<TKey, TRecord> : VectorStoreCollection<TKey, TRecord>, IKeywordHybridSearchable<TRecord>
    where TKey : notnull
    where TRecord : class
{
    private static readonly HybridOptions Fusing = new();
    private readonly NearfarVectorStore _store;
    private readonly NearfarVectorStoreOptions _options;
    private readonly CollectionModel _model;
    private readonly CollectionSchema _schema;
    private readonly RecordMapper<TRecord> _mapper;
    private readonly EmbeddingSpace[] _spaces;

    public NearfarCollection(NearfarVectorStore store, string name, CollectionModel model, NearfarVectorStoreOptions options)
    {
        Name = name;
        (_store, _options, _model) = (store, options, model);
        _schema = CollectionSchema.Of(model);
        _mapper = new RecordMapper<TRecord>(model);
        _spaces = [.. _mapper.Vectors.Select(v => VectorSpaces.Of(v, options))];
    }

    public override string Name { get; }

    public override Task<bool> CollectionExistsAsync(CancellationToken cancellationToken = default) => _store.CollectionExistsAsync(Name, cancellationToken);

    public override Task EnsureCollectionExistsAsync(CancellationToken cancellationToken = default) =>
        RunAsync("EnsureCollectionExists", () => Checked(_store.Ensure(Name, _schema, _spaces)), cancellationToken);

    public override Task EnsureCollectionDeletedAsync(CancellationToken cancellationToken = default) => _store.EnsureCollectionDeletedAsync(Name, cancellationToken);

    public override Task<TRecord?> GetAsync(TKey key, RecordRetrievalOptions? options = null, CancellationToken cancellationToken = default) =>
        RunAsync("Get", () =>
        {
            object wanted = CheckKey(key, nameof(key));
            bool includeVectors = CheckVectors(options?.IncludeVectors);
            return Stored().Get(wanted) is { } found ? _mapper.Give(found, includeVectors) : null;
        }, cancellationToken);

    public override async IAsyncEnumerable<TRecord> GetAsync(
        IEnumerable<TKey> keys, RecordRetrievalOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(keys);
        foreach (var key in keys)
        {
            if (await GetAsync(key, options, cancellationToken).ConfigureAwait(false) is { } record)
            {
                yield return record;
            }
        }
    }

    public override async IAsyncEnumerable<TRecord> GetAsync(
        Expression<Func<TRecord, bool>> filter, int top, FilteredRecordRetrievalOptions<TRecord>? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(filter);
        ArgumentOutOfRangeException.ThrowIfLessThan(top, 1);
        options ??= new FilteredRecordRetrievalOptions<TRecord>();
        bool includeVectors = CheckVectors(options.IncludeVectors);
        var passes = Predicate(filter)!;
        var found = await RunAsync("Get", () => Stored().Where(passes), cancellationToken).ConfigureAwait(false);
        foreach (var record in Ordered(found, options).Skip(options.Skip).Take(top))
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return _mapper.Give(record, includeVectors);
        }
    }

    public override Task DeleteAsync(TKey key, CancellationToken cancellationToken = default) =>
        DeleteKeysAsync([CheckKey(key, nameof(key))], cancellationToken);

    public override Task DeleteAsync(IEnumerable<TKey> keys, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(keys);
        return DeleteKeysAsync([.. keys.Select(k => CheckKey(k, nameof(keys)))], cancellationToken);
    }

    public override Task UpsertAsync(TRecord record, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(record);
        return UpsertAsync([record], cancellationToken);
    }

    public override async Task UpsertAsync(IEnumerable<TRecord> records, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(records);
        TRecord[] batch = [.. records];
        if (batch.Length == 0)
        {
            return;
        }

        _ = Run("Upsert", Stored);      // before anything is paid for
        var generated = await EmbedAsync(batch, cancellationToken).ConfigureAwait(false);
        await RunAsync("Upsert", () =>
        {
            StoredRecord[] kept = [.. batch.Select((record, i) => _mapper.Keep(record, column => generated[column]?[i]))];
            Stored().Upsert(kept, _spaces);
            return true;
        }, cancellationToken).ConfigureAwait(false);
    }

    public override async IAsyncEnumerable<VectorSearchResult<TRecord>> SearchAsync<TInput>(
        TInput searchValue, int top, VectorSearchOptions<TRecord>? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(searchValue);
        ArgumentOutOfRangeException.ThrowIfLessThan(top, 1);
        options ??= new VectorSearchOptions<TRecord>();
        bool includeVectors = CheckVectors(options.IncludeVectors);
        var property = _model.GetVectorPropertyOrSingle(options);
        var passes = Predicate(options.Filter);
        _ = Run("Search", Stored);
        var query = await QueryAsync(searchValue, property, nameof(SearchAsync), cancellationToken).ConfigureAwait(false);
        int column = _mapper.VectorOrdinal(property);
        var (hits, _) = await RunAsync("Search", () =>
            Stored().Search(column, _spaces[column], query, checked(top + options.Skip), passes, keywords: null, cancellationToken), cancellationToken).ConfigureAwait(false);
        foreach (var (record, score) in hits.Skip(options.Skip).Where(h => !(h.Score < options.ScoreThreshold)))
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return new VectorSearchResult<TRecord>(_mapper.Give(record, includeVectors), score);
        }
    }

    public async IAsyncEnumerable<VectorSearchResult<TRecord>> HybridSearchAsync<TInput>(
        TInput searchValue, ICollection<string> keywords, int top, HybridSearchOptions<TRecord>? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        where TInput : notnull
    {
        ArgumentNullException.ThrowIfNull(searchValue);
        ArgumentNullException.ThrowIfNull(keywords);
        ArgumentOutOfRangeException.ThrowIfLessThan(top, 1);
        options ??= new HybridSearchOptions<TRecord>();
        bool includeVectors = CheckVectors(options.IncludeVectors);
        var property = _model.GetVectorPropertyOrSingle(new VectorSearchOptions<TRecord> { VectorProperty = options.VectorProperty });
        int text = _mapper.DataOrdinal(_model.GetFullTextDataPropertyOrSingle(options.AdditionalProperty));
        var passes = Predicate(options.Filter);
        _ = Run("HybridSearch", Stored);
        var query = await QueryAsync(searchValue, property, nameof(HybridSearchAsync), cancellationToken).ConfigureAwait(false);
        int column = _mapper.VectorOrdinal(property);
        int depth = Math.Max(checked(top + options.Skip), Fusing.Depth);
        var (near, words) = await RunAsync("HybridSearch", () =>
            Stored().Search(column, _spaces[column], query, depth, passes, text, cancellationToken), cancellationToken).ConfigureAwait(false);
        var found = await words!.RankAsync(keywords, depth, passes, cancellationToken).ConfigureAwait(false);
        foreach (var (record, score) in Fused([.. near.Select(h => h.Record)], found).Skip(options.Skip).Take(top).Where(h => !(h.Score < options.ScoreThreshold)))
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return new VectorSearchResult<TRecord>(_mapper.Give(record, includeVectors), score);
        }
    }

    public override object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is not null ? null
            : serviceType == typeof(VectorStoreCollectionMetadata) ? new VectorStoreCollectionMetadata { VectorStoreSystemName = StoreOperation.SystemName, VectorStoreName = _options.Name, CollectionName = Name }
            : serviceType.IsInstanceOfType(this) ? this
            : _store.GetService(serviceType);
    }

    // Cormack, Clarke and Büttcher 2009, with the constant of the core's hybrid ranker.
    private static IEnumerable<(StoredRecord Record, double Score)> Fused(params IReadOnlyList<StoredRecord>[] rankings)
    {
        var scores = new Dictionary<StoredRecord, double>();
        foreach (var ranking in rankings)
        {
            for (int i = 0; i < ranking.Count; i++)
            {
                scores[ranking[i]] = scores.GetValueOrDefault(ranking[i]) + (1 / (Fusing.RankConstant + i + 1));
            }
        }

        return scores.OrderByDescending(s => s.Value).ThenByDescending(s => s.Key.Id, Utf8Order.Ascending).Select(s => (s.Key, s.Value));
    }

    private IEnumerable<StoredRecord> Ordered(IReadOnlyList<StoredRecord> records, FilteredRecordRetrievalOptions<TRecord> options)
    {
        IOrderedEnumerable<StoredRecord>? ordered = null;
        foreach (var sort in options.OrderBy?.Invoke(new()).Values ?? [])
        {
            var property = _model.GetDataOrKeyProperty(sort.PropertySelector);
            if (property is VectorPropertyModel || DataType.Of(property.Type) is not { IsList: false })
            {
                throw new NotSupportedException($"Records cannot be ordered by \"{property.ModelName}\", which is a vector or a list.");
            }

            var read = _mapper.Reader(property);
            ordered = (ordered, sort.Ascending) switch
            {
                (null, true) => records.OrderBy(read, ValueOrder.Instance),
                (null, false) => records.OrderByDescending(read, ValueOrder.Instance),
                (_, true) => ordered.ThenBy(read, ValueOrder.Instance),
                _ => ordered.ThenByDescending(read, ValueOrder.Instance),
            };
        }

        return ordered ?? (IEnumerable<StoredRecord>)records;
    }

    private Func<StoredRecord, bool>? Predicate(Expression<Func<TRecord, bool>>? filter) => filter is null ? null : new FilterReader(_model, _mapper.Reader).Read(filter);

    private async Task<IReadOnlyList<Embedding>?[]> EmbedAsync(TRecord[] batch, CancellationToken cancellationToken)
    {
        var generated = new IReadOnlyList<Embedding>?[_mapper.Vectors.Count];
        for (int i = 0; i < generated.Length; i++)
        {
            var property = _mapper.Vectors[i];
            if (RecordModelBuilder.IsVector(property.Type))
            {
                continue;
            }

            generated[i] = await property.GenerateEmbeddingsAsync(batch.Select(property.GetValueAsObject), cancellationToken).ConfigureAwait(false);
            if (generated[i]!.Count != batch.Length)
            {
                throw new InvalidOperationException($"The generator of \"{property.ModelName}\" gave {generated[i]!.Count} embeddings for {batch.Length} values; wanted one for each.");
            }
        }

        return generated;
    }

    private async Task<ReadOnlyMemory<float>> QueryAsync<TInput>(TInput value, VectorPropertyModel property, string method, CancellationToken cancellationToken)
        where TInput : notnull
    {
        float[] vector = RecordMapper<TRecord>.ToArray(value) ?? RecordMapper<TRecord>.ToArray(value switch
        {
            string text when VectorSpaces.QuerySide(property, _options) is { } side => await side.GenerateAsync(text, cancellationToken: cancellationToken).ConfigureAwait(false),
            _ when property.EmbeddingGenerationDispatcher is not null => await property.GenerateEmbeddingAsync(value, cancellationToken).ConfigureAwait(false),
            _ when property.EmbeddingGenerator is { } generator => throw new InvalidOperationException(VectorDataStrings.IncompatibleEmbeddingGeneratorWasConfiguredForInputType(typeof(TInput), generator.GetType())),
            _ => throw new NotSupportedException(VectorDataStrings.InvalidSearchInputAndNoEmbeddingGeneratorWasConfigured(typeof(TInput), RecordModelBuilder.VectorTypes)),
        }) ?? throw new InvalidOperationException($"The generator of \"{property.ModelName}\" gave no Embedding<float> to {method}.");
        RecordMapper<TRecord>.Check(vector, property, "of the search");
        return vector;
    }

    private Task<bool> DeleteKeysAsync(object[] keys, CancellationToken cancellationToken) => RunAsync("Delete", () =>
    {
        Stored().Delete(keys);
        return true;
    }, cancellationToken);

    private object CheckKey(TKey key, string parameter)
    {
        ArgumentNullException.ThrowIfNull(key, parameter);
        return key.GetType() == _model.KeyProperty.Type ? key
            : throw new ArgumentException($"The key {key} is a {key.GetType().Name}; those of \"{Name}\" are {_model.KeyProperty.Type.Name}.", parameter);
    }

    private bool CheckVectors(bool? includeVectors) => includeVectors is true && _model.EmbeddingGenerationRequired
        ? throw new NotSupportedException(VectorDataStrings.IncludeVectorsNotSupportedWithEmbeddingGeneration)
        : includeVectors is true;

    private StoredCollection Stored() => Checked(_store.Find(Name) ?? throw new NearfarException($"There is no collection \"{Name}\". Call EnsureCollectionExistsAsync first."));

    private StoredCollection Checked(StoredCollection found) => found.Schema.DifferenceFrom(_schema) is not { } difference ? found
        : throw new NearfarException($"Collection \"{Name}\" has other columns: {difference}. Use its columns, another name, or delete it and fill it again.");

    private T Run<T>(string operation, Func<T> run) => StoreOperation.Run(_options.Name, Name, operation, run);

    private Task<T> RunAsync<T>(string operation, Func<T> run, CancellationToken cancellationToken) => StoreOperation.RunAsync(_options.Name, Name, operation, run, cancellationToken);
}
