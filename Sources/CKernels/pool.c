// A pool of threads that share the tiles of the running operations.
//
// Operations of several callers are queued: a free thread takes tiles of the oldest operation that
// has any left, and every caller works on its own operation, so that no caller waits for another's
// tiles to be started.
#include "pool.h"

#include <pthread.h>
#include <stdlib.h>

typedef struct job {
  iris_tile tile;
  void *context;
  size_t count, next, done;
  struct job *following;
  pthread_cond_t finished;
} job;

struct iris_pool {
  pthread_mutex_t mutex;
  pthread_cond_t work;
  job *oldest;
  bool closing;
  int helper_count;
  pthread_t helpers[];
};

/// Takes the next tile of `current` and unlinks it from the queue once its last tile is taken.
static size_t take_tile(iris_pool *pool, job *current) {
  size_t index = current->next++;
  if (current->next == current->count) {
    job **link = &pool->oldest;
    while (*link != current) link = &(*link)->following;
    *link = current->following;
  }
  return index;
}

/// Runs one tile; the mutex is held on entry and on return.
static void run_tile(iris_pool *pool, job *current) {
  size_t index = take_tile(pool, current);
  pthread_mutex_unlock(&pool->mutex);
  current->tile(current->context, index);
  pthread_mutex_lock(&pool->mutex);
  if (++current->done == current->count) pthread_cond_signal(&current->finished);
}

static void *help(void *argument) {
  iris_pool *pool = argument;
  pthread_mutex_lock(&pool->mutex);
  while (!pool->closing) {
    if (pool->oldest) {
      run_tile(pool, pool->oldest);
    } else {
      pthread_cond_wait(&pool->work, &pool->mutex);
    }
  }
  pthread_mutex_unlock(&pool->mutex);
  return NULL;
}

iris_pool *iris_pool_create(int thread_count) {
  int helpers = thread_count > 1 ? thread_count - 1 : 0;
  iris_pool *pool = calloc(1, sizeof *pool + (size_t)helpers * sizeof(pthread_t));
  if (!pool) return NULL;
  pthread_mutex_init(&pool->mutex, NULL);
  pthread_cond_init(&pool->work, NULL);
  while (pool->helper_count < helpers &&
         !pthread_create(&pool->helpers[pool->helper_count], NULL, help, pool)) {
    pool->helper_count++;
  }
  return pool;
}

void iris_pool_destroy(iris_pool *pool) {
  if (!pool) return;
  pthread_mutex_lock(&pool->mutex);
  pool->closing = true;
  pthread_cond_broadcast(&pool->work);
  pthread_mutex_unlock(&pool->mutex);
  for (int i = 0; i < pool->helper_count; i++) pthread_join(pool->helpers[i], NULL);
  pthread_cond_destroy(&pool->work);
  pthread_mutex_destroy(&pool->mutex);
  free(pool);
}

void iris_pool_run(iris_pool *pool, size_t count, iris_tile tile, void *context) {
  if (count == 0) return;
  if (count == 1 || pool->helper_count == 0) {
    for (size_t i = 0; i < count; i++) tile(context, i);
    return;
  }
  job own = {.tile = tile, .context = context, .count = count};
  pthread_cond_init(&own.finished, NULL);
  pthread_mutex_lock(&pool->mutex);
  job **link = &pool->oldest;
  while (*link) link = &(*link)->following;
  *link = &own;
  pthread_cond_broadcast(&pool->work);
  while (own.next < own.count) run_tile(pool, &own);
  while (own.done < own.count) pthread_cond_wait(&own.finished, &pool->mutex);
  pthread_mutex_unlock(&pool->mutex);
  pthread_cond_destroy(&own.finished);
}
